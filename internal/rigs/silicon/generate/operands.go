package generate

import (
	"math/bits"

	"trapline/internal/rigs/silicon"
)

// Registers.

// source returns any general register.
func (b *builder) source() int { return b.below(b.mode.Registers()) }

// destination returns a general register to write: never the stack pointer, and
// seldom one that holds an address that later operands need.
func (b *builder) destination() int {
	const keep = 85 // percent
	for {
		r := b.source()
		if r == silicon.RSP || (b.pointers|b.indices)>>r&1 != 0 && b.chance(keep) {
			continue
		}
		b.clobber(r)
		return r
	}
}

// byteSource returns a register number for an 8-bit operand. Numbers 4 to 7 mean AH to BH,
// or with a REX prefix SPL to DIL.
func (b *builder) byteSource() int { return b.source() }

// byteDestination returns an 8-bit register to write.
func (b *builder) byteDestination() int {
	r := b.destination()
	if !b.long && b.chance(40) {
		r = b.below(8)
	}
	b.clobber(r)
	if r >= 4 && r < 8 {
		b.clobber(r - 4)
	}
	return r
}

// clobber notes that registers lose their initial value.
func (b *builder) clobber(registers ...int) {
	for _, r := range registers {
		b.pointers &^= 1 << r
		b.indices &^= 1 << r
	}
}

// sourceOf and destinationOf return a register for an operand of size bytes.
func (b *builder) sourceOf(size int) int {
	if size == 1 {
		return b.byteSource()
	}
	return b.source()
}

func (b *builder) destinationOf(size int) int {
	if size == 1 {
		return b.byteDestination()
	}
	return b.destination()
}

// oneOf returns the number of one register in set, or none.
func (b *builder) oneOf(set uint16) int {
	if set == 0 {
		return none
	}
	for n := b.below(bits.OnesCount16(set)); n > 0; n-- {
		set &= set - 1
	}
	return bits.TrailingZeros16(set)
}

// Memory.

// zone is the kind of data a memory operand should hold.
type zone int

const (
	anyData zone = iota
	singles      // float32 values
	doubles      // float64 values
)

// The zones of the data region. Integers fill the rest.
const (
	singlesOffset = silicon.PageSize
	doublesOffset = silicon.PageSize * 3 / 2
	zoneSize      = silicon.PageSize / 2
)

// access describes a memory operand.
type access struct {
	size  int // bytes
	align int // alignment that the instruction requires, 0 or 1 for none
	zone  zone
}

// memory returns a memory operand, mostly inside the mapped regions.
func (b *builder) memory(a access) rm {
	const wildChance = 3 // percent
	if b.config.Groups&Wild != 0 && b.chance(wildChance) {
		return b.wildMemory(a)
	}
	if a.zone == anyData && b.chance(10) {
		return b.nearStackPointer(a)
	}
	target := b.target(a)
	if a.align > 1 && (b.config.Groups&Misaligned == 0 || !b.chance(3)) {
		target &^= uint64(a.align - 1)
	}
	return b.reach(target)
}

// target draws the address of an operand.
func (b *builder) target(a access) uint64 {
	low, size := uint64(silicon.DataBase), silicon.DataSize
	switch a.zone {
	case singles:
		low, size = silicon.DataBase+singlesOffset, zoneSize
	case doubles:
		low, size = silicon.DataBase+doublesOffset, zoneSize
	default:
		if b.chance(15) {
			low = b.mode.StackBase()
		}
		if b.chance(10) { // across the page boundary in the middle
			return low + silicon.PageSize - uint64(b.below(a.size+1))
		}
		return low + uint64(b.below(size-a.size+1))
	}
	return low + uint64(b.below(size-a.size+1))&^3
}

// reach returns an operand for the address target, through a pointer, through a pointer and an
// index, or absolute.
func (b *builder) reach(target uint64) rm {
	m := rm{isMemory: true, base: none, index: none, wide: b.chance(10)}
	target -= b.segmentOverride(&m)
	base := b.oneOf(b.pointersNear(target))
	if base == none || b.chance(20) {
		if int64(target) == int64(int32(target)) || !b.long && target>>32 == 0 {
			m.disp = int64(target)
			m.ripRelative = b.long && b.chance(60)
			return m
		}
		if base == none { // only the stack pointer is near
			m.base, m.segment = silicon.RSP, 0
			return m
		}
	}
	m.base = base
	target -= b.program.Init.GPR[base]
	if index := b.oneOf(b.indices); index != none && b.chance(40) {
		m.index, m.scale = index, b.below(4)
		target -= b.program.Init.GPR[index] << m.scale
	}
	m.disp = int64(target)
	if !b.long {
		m.disp = int64(int32(target))
	}
	m.addr32 = b.long && b.program.Init.GPR[base]>>32 == 0 && b.chance(5)
	return m
}

// pointersNear returns the pointers from which target is a 32-bit displacement away.
func (b *builder) pointersNear(target uint64) uint16 {
	const near = 1 << 28
	var set uint16
	for r := range b.mode.Registers() {
		if b.pointers>>r&1 != 0 && target-b.program.Init.GPR[r]+near < 2*near {
			set |= 1 << r
		}
	}
	return set
}

// segmentOverride sometimes adds a harmless prefix to m, and returns the segment's base.
func (b *builder) segmentOverride(m *rm) uint64 {
	const es, cs, ss, ds, fs, gs = 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65
	if !b.chance(8) {
		return 0
	}
	if !b.long { // a write through cs would be #GP; fs and gs are null
		m.segment = []byte{es, ss, ds}[b.below(3)]
		return 0
	}
	m.segment = []byte{es, cs, ss, ds, fs, gs}[b.below(6)]
	switch m.segment {
	case fs:
		return b.program.Init.FSBase
	case gs:
		return b.program.Init.GSBase
	}
	return 0
}

// nearStackPointer returns an operand close to the current stack pointer, whose exact value is
// not tracked.
func (b *builder) nearStackPointer(a access) rm {
	m := rm{isMemory: true, base: silicon.RSP, index: none, disp: int64(b.below(128) - 64)}
	if a.align > 1 {
		m.disp &^= int64(a.align - 1)
	}
	return m
}

// wildMemory returns an operand that probably faults: across the end of a region, through a
// register that holds anything, in the code region, or near address zero.
func (b *builder) wildMemory(a access) rm {
	m := rm{isMemory: true, base: none, index: none}
	switch b.below(4) {
	case 0:
		end := b.mode.Regions()[1+b.below(2)]
		return b.reach(end.Base + uint64(end.Size) - uint64(b.below(a.size+1)))
	case 1:
		m.base = b.source()
		if !b.long || b.chance(50) {
			m.index, m.scale = b.source(), b.below(4)
			if m.index == silicon.RSP {
				m.index = none
			}
		}
		m.disp = int64(int32(b.number()))
	case 2:
		m.disp = silicon.CodeBase + int64(b.below(silicon.CodeSize))
	case 3:
		m.disp = int64(b.below(silicon.PageSize))
	}
	return m
}
