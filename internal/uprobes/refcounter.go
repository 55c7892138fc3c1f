package uprobes

import (
	"encoding/binary"
	"fmt"
	"slices"

	"trapline/internal/events"
	"trapline/internal/linux/mm"
)

// count adds d to the uprobe's reference counter in an address space. One that is not mapped yet is counted when it
// is (update_ref_ctr()).
func (s *System) count(u *uprobe, mm *mm.MM, d int16) events.Errno {
	if u.RefCounter == 0 {
		return 0
	}
	for _, v := range mm.VMAs() {
		if va, ok := counterIn(u, v); ok {
			errno := s.addCounter(mm, va, d)
			s.warnCounter(u, d, errno)
			if d > 0 {
				return errno
			}
			break
		}
	}
	st := stateOf(mm)
	st.delayed = slices.DeleteFunc(st.delayed, func(o *uprobe) bool { return o == u })
	if d > 0 {
		st.delayed = append(st.delayed, u)
	}
	return 0
}

// counterIn is the address of the counter in a private writable mapping of the file.
func counterIn(u *uprobe, v *mm.VMA) (uint64, bool) {
	if v.Inode == nil || fileOf(v) != u.File || v.Shared || v.Prot&mm.ProtWrite == 0 {
		return 0, false
	}
	va := v.Start + u.RefCounter - v.Off
	return va, u.RefCounter >= v.Off && va < v.End
}

func (s *System) addCounter(mm *mm.MM, va uint64, d int16) events.Errno {
	var b [2]byte
	if !mm.Read(va, b[:]) {
		return events.EFAULT
	}
	now := int16(binary.LittleEndian.Uint16(b[:]))
	if int(now)+int(d) < 0 {
		s.printk(fmt.Sprintf("ref_ctr going negative. vaddr: 0x%x, curr val: %d, delta: %d", va, now, d))
		return events.EINVAL
	}
	binary.LittleEndian.PutUint16(b[:], uint16(now+d))
	if !mm.Write(va, b[:]) {
		return events.EFAULT
	}
	return 0
}

// countDelayed counts the uprobes whose counter has just been mapped (delayed_ref_ctr_inc()).
func (s *System) countDelayed(mm *mm.MM, v *mm.VMA) {
	st := stateOf(mm)
	st.delayed = slices.DeleteFunc(st.delayed, func(u *uprobe) bool {
		va, ok := counterIn(u, v)
		if ok {
			s.warnCounter(u, 1, s.addCounter(mm, va, 1))
		}
		return ok
	})
}

// warnCounter logs a counter that could not be changed. For the address space the kernel prints its own pointer,
// hashed; there is none here (update_ref_ctr_warn()).
func (s *System) warnCounter(u *uprobe, d int16, errno events.Errno) {
	if errno == 0 {
		return
	}
	what := "increment"
	if d < 0 {
		what = "decrement"
	}
	s.printk(fmt.Sprintf("ref_ctr %s failed for inode: 0x%x offset: 0x%x ref_ctr_offset: 0x%x of mm: 0x%0*x",
		what, u.File.Ino, u.Offset, u.RefCounter, 2*s.machine.Arch.Word(), 0))
}
