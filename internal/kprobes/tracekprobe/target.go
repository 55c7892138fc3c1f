package tracekprobe

import (
	"trapline/internal/emu"
	"trapline/internal/events"
	"trapline/internal/kprobes"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// target is the machine at a hit (fetch.Target).
type target struct {
	tracing *Session
	call    *kprobes.Call
	door    emu.Door
}

// Register reads the saved registers. The 32-bit frame of interrupted kernel
// code has no stack segment, and none has FS and GS: those are the CPU's.
func (t *target) Register(r events.Reg) uint64 {
	c := t.call
	switch r {
	case events.RegIP:
		return c.Regs.Get(traps.FieldIP)
	case events.RegFlags:
		return c.Regs.Get(traps.FieldFlags)
	case events.RegCS:
		return c.Regs.Get(traps.FieldCS)
	case events.RegOrigAX:
		return c.Regs.Get(traps.FieldOrigAX)
	case events.RegSS:
		if c.Door.Arch == x86.I386 && !c.Regs.User() {
			return uint64(c.CPU.Seg[x86.SS].Sel)
		}
		return c.Regs.Get(traps.FieldSS)
	case events.RegDS:
		return c.Regs.Get(traps.FieldDS)
	case events.RegES:
		return c.Regs.Get(traps.FieldES)
	case events.RegFS:
		return uint64(c.CPU.Seg[x86.FS].Sel)
	case events.RegGS:
		return uint64(c.CPU.Seg[x86.GS].Sel)
	}
	g, _ := r.General()
	return c.Regs.Reg(g)
}

// ReadUser reads what ring 3 may read and is present.
func (t *target) ReadUser(addr uint64, p []byte) int {
	if addr >= taskSize(t.call.Door.Arch) {
		return 0
	}
	return t.read(addr, p, emu.User)
}

// ReadKernel reads what is mapped.
func (t *target) ReadKernel(addr uint64, p []byte) int { return t.read(addr, p, 0) }

func (t *target) read(addr uint64, p []byte, need emu.Prot) int {
	s := t.call.CPU.Space
	n := 0
	for n < len(p) {
		at := addr + uint64(n)
		pte, ok := s.Lookup(at)
		if !ok || pte.Prot&need != need {
			break
		}
		end := min(len(p), n+int(emu.PageSize-at%emu.PageSize))
		n += t.door.PeekSpace(s, at, p[n:end])
	}
	return n
}

// taskSize is where user memory ends (TASK_SIZE).
func taskSize(a x86.Arch) uint64 {
	if a == x86.AMD64 {
		return 0x00007ffffffff000
	}
	return 0xc0000000
}

// Comm is the task's name, cut to what a task_struct holds.
func (t *target) Comm() string { return t.tracing.comm(t.call.CPU.ID) }

const commLen = 15

func (s *Session) comm(cpu int) string {
	name := s.g.K.Tasks[cpu].Name
	if name == "" {
		name = "swapper"
	}
	return name[:min(len(name), commLen)]
}
