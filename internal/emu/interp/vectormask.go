package interp

import (
	"trapline/internal/emu/insn"
	"trapline/internal/emu/regs"
)

// Accesses under a mask: only the elements whose mask has its sign bit set are accessed, and only those fault.

// sizeByW is the size of elements that VEX.W chooses.
func sizeByW(in *insn.Inst) uint8 {
	if in.Vex.W {
		return 8
	}
	return 4
}

// selected reports whether element i of a mask is set.
func selected(mask *vector, i int, size uint8) bool {
	at := 8*(i+1)*int(size) - 1
	return mask[at>>6&3]>>(at&63)&1 != 0
}

// maskLoad is VMASKMOVPS, VMASKMOVPD, VPMASKMOVD and VPMASKMOVQ to a register.
func maskLoad(size uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		if o.vec.elem = size; size == 0 {
			o.vec.elem = sizeByW(in)
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			size, mask, at := o.vec.elem, o.first(x), o.offset(c)
			var r vector
			for i := range 8 * int(o.vec.words) / int(size) {
				if !selected(mask, i, size) {
					continue
				}
				v, ok := m.Load(o.seg, (at+uint64(i)*uint64(size))&o.addr, size)
				if !ok {
					return Refused
				}
				bit := 8 * i * int(size)
				r[bit>>6&3] |= v << (bit & 63)
			}
			o.put(x, o.reg.n, &r)
			return o.done(c)
		}
	}
}

// maskStore is the same to memory.
func maskStore(size uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		if o.vec.elem = size; size == 0 {
			o.vec.elem = sizeByW(in)
		}
		return func(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
			size, mask, v, at := o.vec.elem, o.first(x), &x.YMM[o.reg.n], o.offset(c)
			for i := range 8 * int(o.vec.words) / int(size) {
				if !selected(mask, i, size) {
					continue
				}
				bit := 8 * i * int(size)
				if !m.Store(o.seg, (at+uint64(i)*uint64(size))&o.addr, size, v[bit>>6&3]>>(bit&63)&maskOf(size)) {
					return Refused
				}
			}
			return o.done(c)
		}
	}
}

// gathers loads elements from addresses of which a vector register has the indexes (VGATHERDPS and kin). What it
// has loaded when an access faults stays in the destination, and the mask's elements for it are clear: run again,
// it goes on (SDM vol. 2, VGATHERDPS). As an iteration of a repeated string instruction does, that ends without
// the fault, which comes when it goes on: a single-step trap comes between them. indexSize is 4 or 8.
func gathers(indexSize uint8) vectorFamily {
	return func(o *Op, in *insn.Inst) vectorHandler {
		o.vec.elem = sizeByW(in)
		o.index = in.SIB>>3&7 | extendX(in)
		o.scale = in.SIB >> 6
		if o.index == o.reg.n || o.index == o.vec.first || o.reg.n == o.vec.first {
			return undefinedVector
		}
		o.code = indexSize
		return gather
	}
}

func extendX(in *insn.Inst) uint8 {
	if in.Vex.X {
		return 8
	}
	return 0
}

func gather(x *regs.Extended, c *regs.Core, m Memory, o *Op) Outcome {
	size, indexSize := int(o.vec.elem), int(o.code)
	n := 8 * int(o.vec.words) / max(size, indexSize)
	index, mask, to := x.YMM[o.index&15], *o.first(x), x.YMM[o.reg.n]
	loaded := false
	for i := range n {
		if !selected(&mask, i, uint8(size)) {
			setWide(&mask, i, size, 0)
			continue
		}
		at := o.gatherAt(c, signed(wideElement(&index, i, indexSize), uint8(8*indexSize)))
		v, ok := m.Load(o.seg, at, uint8(size))
		if !ok {
			x.YMM[o.reg.n], x.YMM[o.vec.first&15] = to, mask
			if loaded {
				return Done
			}
			return Refused
		}
		loaded = true
		setWide(&to, i, size, v)
		setWide(&mask, i, size, 0)
	}
	for i := n; i < 32/size; i++ {
		setWide(&to, i, size, 0)
	}
	x.YMM[o.reg.n], x.YMM[o.vec.first&15] = to, vector{}
	return o.done(c)
}

// gatherAt is the offset of the element with an index.
func (o *Op) gatherAt(c *regs.Core, index int64) uint64 {
	a := o.disp + uint64(index)<<o.scale
	if o.base < noRegister {
		a += c.GPR[o.base&15]
	}
	return a & o.addr
}

// wideElement and setWide read and replace an element of so many bytes.
func wideElement(v *vector, i, size int) uint64 {
	at := 8 * i * size
	return v[at>>6&3] >> (at & 63) & maskOf(uint8(size))
}

func setWide(v *vector, i, size int, e uint64) {
	at := 8 * i * size
	w := &v[at>>6&3]
	*w = *w&^(maskOf(uint8(size))<<(at&63)) | e<<(at&63)
}
