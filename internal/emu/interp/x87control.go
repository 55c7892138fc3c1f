package interp

import (
	"trapline/internal/emu/regs"
	"trapline/internal/emu/softfloat"
	"trapline/internal/x86"
)

func fninit(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	x.reset()
	return Done
}

// reset is FNINIT; the registers' contents stay.
func (x *fpu) reset() {
	x.Control, x.Status, x.Tags, x.Last = fcwInitial, 0, 0, regs.LastX87{}
}

func fnclex(x *fpu, _ *regs.Core, _ Memory, _ *Op) Outcome {
	x.Status &^= fswBusy | fswES | fswStack | fswExceptions
	return Done
}

func fldcw(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	v, ok := m.Load(o.seg, o.offset(c), 2)
	if !ok {
		return Refused
	}
	x.setControl(uint16(v))
	return Done
}

func (x *fpu) setControl(v uint16) {
	x.Control = v&fcwDefined | fcwReserved
	x.summarise()
}

func fnstcw(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	return storeWord(c, m, o, x.Control)
}

func fnstsw(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	return storeWord(c, m, o, x.Status)
}

func storeWord(c *regs.Core, m Memory, o *Op, v uint16) Outcome {
	if !m.Store(o.seg, o.offset(c), 2, uint64(v)) {
		return Refused
	}
	return Done
}

func fnstswAX(x *fpu, c *regs.Core, _ Memory, _ *Op) Outcome {
	c.GPR[x86.RAX] = c.GPR[x86.RAX]&^0xffff | uint64(x.Status)
	return Done
}

// Values of a register's two bits in the tag word (SDM vol. 1, 8.1.7).
const (
	tagValid = iota
	tagZero
	tagSpecial
	tagEmpty
)

func (x *fpu) tagWord() (w uint16) {
	for i := range x.R {
		tag := uint16(tagEmpty)
		if x.Tags>>i&1 != 0 {
			switch (softfloat.Ext{SE: x.R[i].SignExp, Mant: x.R[i].Mantissa}).Kind() {
			case softfloat.KindNormal:
				tag = tagValid
			case softfloat.KindZero:
				tag = tagZero
			default:
				tag = tagSpecial
			}
		}
		w |= tag << (2 * i)
	}
	return w
}

// setTagWord takes over which registers are empty.
func (x *fpu) setTagWord(w uint16) {
	x.Tags = 0
	for i := range x.R {
		if w>>(2*i)&3 != tagEmpty {
			x.Tags |= 1 << i
		}
	}
}

// image is the environment as seven words in memory (SDM vol. 1, figures 8-9 to 8-12): of 32 bits, or of 16 if
// the operand size is.
type image [7]uint32

func (o *Op) wordSize() uint8 {
	if o.size == 2 {
		return 2
	}
	return 4
}

// flat reports whether the environment has the form of real and virtual-8086 mode: linear addresses.
func flat(c *regs.Core) bool { return c.RFLAGS&x86.VM != 0 }

// save makes the image.
func (x *fpu) save(c *regs.Core, size uint8) image {
	l := &x.Last
	w := image{uint32(x.Control), uint32(x.Status), uint32(x.tagWord())}
	const high = 0xffff0000 // of the words that have only 16 bits: ones
	if size == 4 {
		w[0], w[1], w[2] = w[0]|high, w[1]|high, w[2]|high
	}
	if !flat(c) {
		w[3], w[4] = uint32(l.IP), uint32(l.CS)
		w[5], w[6] = uint32(l.DP), uint32(l.DS)
		if size == 4 {
			w[4] |= uint32(l.Opcode) << 16
			w[6] |= high
		}
		return w
	}
	ip, dp := uint32(l.CS)<<4+uint32(l.IP), uint32(l.DS)<<4+uint32(l.DP)
	w[3], w[4] = ip&0xffff, ip>>16<<12|uint32(l.Opcode)
	w[5], w[6] = dp&0xffff, dp>>16<<12
	if size == 4 {
		w[3], w[5] = w[3]|high, w[5]|high
	}
	return w
}

// take is the reverse.
func (x *fpu) take(c *regs.Core, w *image, size uint8) {
	x.Status = uint16(w[1])
	x.setControl(uint16(w[0]))
	x.setTagWord(uint16(w[2]))
	if flat(c) {
		x.Last = regs.LastX87{
			IP: uint64(w[3]&0xffff | w[4]>>12<<16), DP: uint64(w[5]&0xffff | w[6]>>12<<16), Opcode: uint16(w[4]) & 0x7ff,
		}
		return
	}
	l := regs.LastX87{IP: uint64(w[3]), CS: uint16(w[4]), DP: uint64(w[5]), DS: uint16(w[6])}
	if size == 4 {
		l.Opcode = uint16(w[4]>>16) & 0x7ff
	}
	x.Last = l
}

// words is how many bytes of memory an environment takes in words of that size.
const words = uint64(len(image{}))

func (o *Op) storeImage(c *regs.Core, m Memory, w *image) bool {
	at, size := o.offset(c), o.wordSize()
	for i, v := range w {
		if !m.Store(o.seg, (at+uint64(i)*uint64(size))&o.addr, size, uint64(v)&maskOf(size)) {
			return false
		}
	}
	return true
}

func (o *Op) loadImage(c *regs.Core, m Memory) (w image, ok bool) {
	at, size := o.offset(c), o.wordSize()
	for i := range w {
		v, ok := m.Load(o.seg, (at+uint64(i)*uint64(size))&o.addr, size)
		if !ok {
			return w, false
		}
		w[i] = uint32(v)
	}
	return w, true
}

// fnstenv stores the environment and masks all exceptions.
func fnstenv(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	w := x.save(c, o.wordSize())
	if !o.storeImage(c, m, &w) {
		return Refused
	}
	x.setControl(x.Control | fcwMasks)
	return Done
}

func fldenv(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	w, ok := o.loadImage(c, m)
	if !ok {
		return Refused
	}
	x.take(c, &w, o.wordSize())
	return Done
}

// register80 is where ST(i) lies behind the environment.
func (o *Op) register80(c *regs.Core, i int) uint64 {
	return o.offset(c) + words*uint64(o.wordSize()) + 10*uint64(i)
}

// fnsave stores the environment and the registers from ST(0) on, and initialises the unit.
func fnsave(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	w := x.save(c, o.wordSize())
	if !o.storeImage(c, m, &w) {
		return Refused
	}
	for i := range x.R {
		v, at := x.st(uint8(i)), o.register80(c, i)
		if !m.Store(o.seg, at&o.addr, 8, v.Mant) || !m.Store(o.seg, (at+8)&o.addr, 2, uint64(v.SE)) {
			return Refused
		}
	}
	x.reset()
	return Done
}

func frstor(x *fpu, c *regs.Core, m Memory, o *Op) Outcome {
	w, ok := o.loadImage(c, m)
	if !ok {
		return Refused
	}
	var st [8]regs.Float80
	for i := range st {
		at := o.register80(c, i)
		mant, ok := m.Load(o.seg, at&o.addr, 8)
		if !ok {
			return Refused
		}
		se, ok := m.Load(o.seg, (at+8)&o.addr, 2)
		if !ok {
			return Refused
		}
		st[i] = regs.Float80{Mantissa: mant, SignExp: uint16(se)}
	}
	x.take(c, &w, o.wordSize())
	for i := range st {
		x.R[x.index(uint8(i))] = st[i]
	}
	return Done
}
