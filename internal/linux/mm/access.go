package mm

import (
	"bytes"
	"trapline/internal/emu"
)

// Ready makes [va, va+n) accessible to a copy by the kernel on the user's
// behalf, and reports whether all of it is.
func (mm *MM) Ready(va uint64, n int, need Prot) bool {
	return n == 0 || mm.InUser(va, uint64(n)) && mm.Reach(va, n, need) == n
}

// Reach makes memory from va on accessible to a copy by the kernel on the user's
// behalf; it returns how many of n bytes are, up to the first that is not.
func (mm *MM) Reach(va uint64, n int, need Prot) int {
	if va >= mm.Layout.TaskSize {
		return 0
	}
	end := va + min(uint64(n), mm.Layout.TaskSize-va)
	for page := PageFloor(va); page < end; page += emu.PageSize {
		if pte, ok := mm.space.Lookup(page); ok && pte.Prot&emu.User != 0 &&
			(need != ProtWrite || pte.Prot&emu.Write != 0) {
			continue
		}
		if mm.Fault(page, need) != FaultDone {
			return int(max(page, va) - va)
		}
	}
	return int(end - va)
}

// Read copies user memory to b, as copy_from_user does; it reports whether
// all of it could be read.
func (mm *MM) Read(va uint64, b []byte) bool {
	if !mm.Ready(va, len(b), ProtRead) || mm.space.Peek(va, b) != len(b) {
		return false
	}
	if mm.shared.kernel.Telling() {
		mm.shared.machine.NoteRead(va, b)
	}
	return true
}

// Write copies b to user memory, as copy_to_user does: all of it or nothing.
func (mm *MM) Write(va uint64, b []byte) bool {
	return mm.Ready(va, len(b), ProtWrite) && mm.store(va, b)
}

// store writes b, whatever the protection, as part of the present step if
// there is one.
func (mm *MM) store(va uint64, b []byte) bool {
	if mm.shared.kernel.Telling() {
		return mm.shared.machine.PokeBytes(mm.space, va, b)
	}
	return mm.shared.machine.WriteBytes(mm.space, va, b) == nil
}

// WriteForced changes bytes in a private copy of their page whatever its
// protection, as the kernel does to insert a breakpoint or a debugger to poke
// (FOLL_FORCE). The mapping must be private.
func (mm *MM) WriteForced(va uint64, b []byte) bool {
	for page := PageFloor(va); page < va+uint64(len(b)); page += emu.PageSize {
		v := mm.Find(page)
		if v == nil || v.Shared || v.device() {
			return false
		}
		pte, ok := mm.space.Lookup(page)
		if !ok {
			if mm.Fault(page, v.Prot) != FaultDone {
				return false
			}
			pte, _ = mm.space.Lookup(page)
		}
		if !mm.shared.pages.Alone(pte.Frame) && mm.faultPresent(v, page, pte, ProtWrite) != FaultDone {
			return false
		}
	}
	return mm.store(va, b)
}

// ReadForced copies the user's memory whatever its protection, bringing pages in; it
// returns how many bytes were there.
func (mm *MM) ReadForced(va uint64, b []byte) int {
	for n := 0; n < len(b); {
		a := va + uint64(n)
		if a >= mm.Layout.TaskSize {
			return n
		}
		step := min(len(b)-n, int(emu.PageSize-a%emu.PageSize))
		v := mm.Find(a)
		if v != nil && v.device() {
			return n
		}
		if _, ok := mm.space.Lookup(a); !ok && (v == nil || v.Prot == 0 || mm.Fault(a, ProtRead) != FaultDone) {
			return n
		}
		if mm.space.Peek(a, b[n:n+step]) != step {
			return n
		}
		n += step
	}
	return len(b)
}

// ReadString copies a NUL-terminated string of less than limit bytes.
func (mm *MM) ReadString(va uint64, limit int) (string, bool) {
	var s []byte
	for len(s) < limit {
		a := va + uint64(len(s))
		b := make([]byte, min(limit-len(s), int(emu.PageSize-a%emu.PageSize)))
		if !mm.Read(a, b) {
			return "", false
		}
		for i, c := range b {
			if c == 0 {
				return string(append(s, b[:i]...)), true
			}
		}
		s = append(s, b...)
	}
	return string(s), false
}

// PeekString is ReadString without bringing pages in: telling of a call must
// not change the run.
func (mm *MM) PeekString(va uint64, limit int) (string, bool) {
	b := make([]byte, limit)
	n := mm.space.Peek(va, b)
	end := bytes.IndexByte(b[:n], 0)
	return string(b[:max(end, 0)]), end >= 0
}

// InUser reports whether [va, va+size) is the user's part of the address space (access_ok()).
func (mm *MM) InUser(va, size uint64) bool {
	return size <= mm.Layout.TaskSize && va <= mm.Layout.TaskSize-size
}

// Poke changes memory for a debugger, shared or not; it returns how many bytes
// could be changed.
func (mm *MM) Poke(va uint64, b []byte) int {
	done := 0
	for done < len(b) {
		at := va + uint64(done)
		v := mm.Find(at)
		if v == nil {
			break
		}
		part := b[done:min(uint64(len(b)), uint64(done)+emu.PageSize-at%emu.PageSize)]
		if v.Shared {
			if v.Prot&ProtWrite == 0 || !mm.Write(at, part) {
				break
			}
		} else if !mm.WriteForced(at, part) {
			break
		}
		done += len(part)
	}
	return done
}

// AsFile moves bytes of memory as /proc/PID/mem does (mem_rw()); once its last
// process is gone it is empty.
func (mm *MM) AsFile(b []byte, pos *int64, move func(uint64, []byte) int) int64 {
	if mm.Users == 0 {
		return 0
	}
	n := move(uint64(*pos), b)
	if n == 0 && len(b) > 0 {
		return -EIO
	}
	*pos += int64(n)
	return int64(n)
}

// AllowExec clears NX on the page of va, whatever its mapping says, until the
// page is mapped anew; false if it is not there.
func (mm *MM) AllowExec(va uint64) bool {
	pte, ok := mm.space.Lookup(va)
	if ok {
		mm.space.Protect(PageFloor(va), 1, pte.Prot|emu.Exec)
	}
	return ok
}
