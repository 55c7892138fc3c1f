package traps

import (
	"trapline/internal/emu"
	"trapline/internal/x86"
)

// Field is a word of struct pt_regs: a general register by its number, or one of
// those below.
type Field uint8

// Fields of struct pt_regs common to both architectures, by role.
const (
	FieldIP Field = x86.NumRegs + iota
	FieldCS
	FieldFlags
	FieldSS
	FieldOrigAX
	FieldDS // 32-bit only, as is FieldES
	FieldES
	numFields

	FieldAX = Field(x86.RAX)
	FieldSP = Field(x86.RSP)
)

// The words of struct pt_regs, lowest address first (K2).
var (
	ptRegs32 = []Field{Field(x86.RBX), Field(x86.RCX), Field(x86.RDX), Field(x86.RSI), Field(x86.RDI), Field(x86.RBP),
		FieldAX, FieldDS, FieldES, FieldOrigAX, FieldIP, FieldCS, FieldFlags, FieldSP, FieldSS}
	ptRegs64 = []Field{Field(x86.R15), Field(x86.R14), Field(x86.R13), Field(x86.R12), Field(x86.RBP), Field(x86.RBX),
		Field(x86.R11), Field(x86.R10), Field(x86.R9), Field(x86.R8), FieldAX, Field(x86.RCX), Field(x86.RDX), Field(x86.RSI),
		Field(x86.RDI), FieldOrigAX, FieldIP, FieldCS, FieldFlags, FieldSP, FieldSS}

	ptRegs  = [...][]Field{x86.I386: ptRegs32, x86.AMD64: ptRegs64}
	offsets = [...][numFields]uint64{x86.I386: offsetsOf(x86.I386), x86.AMD64: offsetsOf(x86.AMD64)}
)

func offsetsOf(a x86.Arch) (l [numFields]uint64) {
	for i, f := range ptRegs[a] {
		l[f] = uint64(i * a.Word())
	}
	return l
}

// name is the field's in struct pt_regs of the kernels modelled.
func (f Field) name(a x86.Arch) string {
	segment := func(s int) string {
		if a == x86.I386 {
			return "x" + x86.SegmentName(s)
		}
		return x86.SegmentName(s)
	}
	switch f {
	case FieldIP:
		return a.IPName()
	case FieldCS:
		return segment(x86.CS)
	case FieldFlags:
		return "eflags"
	case FieldSS:
		return segment(x86.SS)
	case FieldOrigAX:
		return "orig_" + x86.RAX.Name(a)
	case FieldDS:
		return segment(x86.DS)
	case FieldES:
		return segment(x86.ES)
	}
	return x86.Reg(f).Name(a)
}

const ptRegsSize64 = 21 * 8

// PtRegsName names the word of struct pt_regs at an offset of bytes; false:
// there is none.
func PtRegsName(a x86.Arch, off uint64) (string, bool) {
	word, fields := uint64(a.Word()), ptRegs[a]
	if off%word != 0 || off/word >= uint64(len(fields)) {
		return "", false
	}
	return fields[off/word].name(a), true
}

// Offset is where a field lies in struct pt_regs, in bytes.
func (f Field) Offset(a x86.Arch) uint64 { return offsets[a][f] }

// gprOffset is where general register r lies in struct pt_regs. The stack
// pointer of a 32-bit kernel-mode frame is not saved: see PtRegs.Reg.
func gprOffset(a x86.Arch, r x86.Reg) uint64 { return Field(r).Offset(a) }

// FrameOf is where the entry stub puts the struct pt_regs of a delivery, and
// the first address behind all that the delivery pushed: a stub that leaves a
// gap moves the frame down, one that leaves the exception's stack to the end of the
// thread's. False: the delivery pushed none.
func (k *Kernel) FrameOf(cpu int, d *emu.Delivery) (regs, end uint64, ok bool) {
	for _, w := range d.Frame {
		if w.Is != x86.FrameIP {
			continue
		}
		regs = w.Addr - FieldIP.Offset(k.M.Arch)
		end = d.Frame[0].Addr + uint64(k.M.Arch.Word())
		var traits Traits
		if e, direct := k.engine.(DirectEngine); direct {
			traits = e.Traits()
		}
		switch {
		case traits.Has(Gap) && d.Trap.Vector == x86.VecBP && d.From == d.To:
			regs -= 8 * gapWords
		case traits.Has(ThreadStack) && d.Gate.IST != 0 && d.From == 3:
			end = k.Layout.StackTop(cpu)
			regs = end - ptRegsSize64
		}
		return regs, end, true
	}
	return 0, 0, false
}

// PtRegs is a struct pt_regs on a guest stack.
type PtRegs struct {
	m    emu.Door
	c    *emu.CPU
	Addr uint64
}

// Get reads a field.
func (p PtRegs) Get(f Field) uint64 {
	v, _ := p.m.PeekWord(p.c.Space, p.Addr+f.Offset(p.m.Arch), p.m.Arch.Word())
	return v
}

// Set writes a field.
func (p PtRegs) Set(f Field, v uint64) {
	p.m.PokeWord(p.c.Space, p.Addr+f.Offset(p.m.Arch), p.m.Arch.Word(), v)
}

// User reports whether the frame came from ring 3 or, on i386, virtual-8086 mode.
func (p PtRegs) User() bool {
	return p.Get(FieldCS)&3 != 0 || p.m.Arch == x86.I386 && p.Get(FieldFlags)&x86.VM != 0
}

// Reg reads general register r of the interrupted code. A 32-bit kernel-mode
// frame has no esp: the interrupted stack begins where the field would be (P5).
func (p PtRegs) Reg(r x86.Reg) uint64 {
	at := p.Addr + gprOffset(p.m.Arch, r)
	if r == x86.RSP && p.m.Arch == x86.I386 && !p.User() {
		return at
	}
	v, _ := p.m.PeekWord(p.c.Space, at, p.m.Arch.Word())
	return v
}

// SetReg writes general register r of the interrupted code; a 32-bit
// kernel-mode frame's esp cannot be set, and the write is dropped.
func (p PtRegs) SetReg(r x86.Reg, v uint64) {
	if r == x86.RSP && p.m.Arch == x86.I386 && !p.User() {
		return
	}
	p.m.PokeWord(p.c.Space, p.Addr+gprOffset(p.m.Arch, r), p.m.Arch.Word(), v)
}
