package traps

import "trapline/internal/emu"

// Field is a word of struct pt_regs.
type Field uint8

// Fields of struct pt_regs common to both architectures, by role.
const (
	FieldIP Field = iota
	FieldCS
	FieldFlags
	FieldSP
	FieldSS
	FieldOrigAX
	FieldAX
	FieldDS // 32-bit only, as is FieldES
	FieldES
)

// Names of the words of struct pt_regs, lowest address first (K2).
var (
	ptRegs32 = []string{"ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "xds", "xes", "orig_eax",
		"eip", "xcs", "eflags", "esp", "xss"}
	ptRegs64 = []string{"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx",
		"rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss"}
	fields32 = [...]uint64{FieldIP: 40, FieldCS: 44, FieldFlags: 48, FieldSP: 52, FieldSS: 56, FieldOrigAX: 36, FieldAX: 24, FieldDS: 28, FieldES: 32}
	fields64 = [...]uint64{FieldIP: 128, FieldCS: 136, FieldFlags: 144, FieldSP: 152, FieldSS: 160, FieldOrigAX: 120, FieldAX: 80}
)

const ptRegsSize64 = 21 * 8

// PtRegsName names the word of struct pt_regs at an offset of bytes; false:
// there is none.
func PtRegsName(a emu.Arch, off uint64) (string, bool) {
	word, names := uint64(a.Word()), ptRegs32
	if a == emu.AMD64 {
		names = ptRegs64
	}
	if off%word != 0 || off/word >= uint64(len(names)) {
		return "", false
	}
	return names[off/word], true
}

// Offset is where a field lies in struct pt_regs, in bytes.
func (f Field) Offset(a emu.Arch) uint64 {
	if a == emu.AMD64 {
		return fields64[f]
	}
	return fields32[f]
}

// gprOffset is where general register r lies in struct pt_regs. The stack
// pointer of a 32-bit kernel-mode frame is not saved: see PtRegs.Reg.
func gprOffset(a emu.Arch, r emu.Reg) uint64 {
	if a == emu.AMD64 {
		return [...]uint64{80, 88, 96, 40, 152, 32, 104, 112, 72, 64, 56, 48, 24, 16, 8, 0}[r]
	}
	return [...]uint64{24, 4, 8, 0, 52, 20, 12, 16}[r]
}

// FrameOf is where the entry stub puts the struct pt_regs of a delivery, and
// the first address behind all that the delivery pushed: a stub that leaves a
// gap moves the frame down, one that leaves the exception's stack to the end of the
// thread's. False: the delivery pushed none.
func (k *Kernel) FrameOf(cpu int, d *emu.Delivery) (regs, end uint64, ok bool) {
	for _, w := range d.Frame {
		if w.Name != "eip" && w.Name != "rip" {
			continue
		}
		regs = w.Addr - FieldIP.Offset(k.M.Arch)
		end = d.Frame[0].Addr + uint64(k.M.Arch.Word())
		var traits Traits
		if e, direct := k.engine.(DirectEngine); direct {
			traits = e.Traits()
		}
		switch {
		case traits.Has(Gap) && d.Trap.Vector == emu.VecBP && d.From == d.To:
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
	return p.Get(FieldCS)&3 != 0 || p.m.Arch == emu.I386 && p.Get(FieldFlags)&emu.VM != 0
}

// Reg reads general register r of the interrupted code. A 32-bit kernel-mode
// frame has no esp: the interrupted stack begins where the field would be (P5).
func (p PtRegs) Reg(r emu.Reg) uint64 {
	at := p.Addr + gprOffset(p.m.Arch, r)
	if r == emu.RSP && p.m.Arch == emu.I386 && !p.User() {
		return at
	}
	v, _ := p.m.PeekWord(p.c.Space, at, p.m.Arch.Word())
	return v
}

// SetReg writes general register r of the interrupted code; a 32-bit
// kernel-mode frame's esp cannot be set, and the write is dropped.
func (p PtRegs) SetReg(r emu.Reg, v uint64) {
	if r == emu.RSP && p.m.Arch == emu.I386 && !p.User() {
		return
	}
	p.m.PokeWord(p.c.Space, p.Addr+gprOffset(p.m.Arch, r), p.m.Arch.Word(), v)
}
