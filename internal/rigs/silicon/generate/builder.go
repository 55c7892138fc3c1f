package generate

import (
	"math/rand/v2"

	"trapline/internal/rigs/silicon"
)

// builder collects one sequence.
type builder struct {
	rng    *rand.Rand
	config Config
	mode   silicon.Mode
	long   bool // 64-bit mode

	program *silicon.Program
	starts  []int
	units   []string
	jumps   []jump

	pointers  uint16 // registers that still hold their initial value, an address
	indices   uint16 // registers that still hold their initial value, a small number
	undefined uint64 // flags that may be undefined here
}

// jump is a forward jump whose target is a unit that does not exist yet.
type jump struct {
	at       int  // offset of the displacement or address
	width    int  // 1 or 4 bytes
	absolute bool // an address, not a displacement from the end of the field
	units    int  // units left until the target
}

func newBuilder(config Config, rng *rand.Rand) *builder {
	b := &builder{rng: rng, config: config, mode: config.Mode, long: config.Mode == silicon.Mode64}
	b.program = &silicon.Program{Mode: config.Mode, Init: silicon.Reset(config.Mode)}
	b.program.Origin = b.origin()
	b.program.Init.RIP = b.program.Origin
	b.initialRegisters()
	b.initialMemory()
	return b
}

// origin draws where the code starts: mostly anywhere in a page, sometimes so that
// the sequence crosses into the next page.
func (b *builder) origin() uint64 {
	page := uint64(b.below(silicon.CodeSize/silicon.PageSize-1)) * silicon.PageSize
	if b.chance(10) {
		return silicon.CodeBase + page + silicon.PageSize - uint64(1+b.below(20))
	}
	return silicon.CodeBase + page + uint64(b.below(silicon.PageSize/2))
}

// Randomness.

// below returns a number from 0 to n-1.
func (b *builder) below(n int) int { return b.rng.IntN(n) }

// chance returns true in percent cases of a hundred.
func (b *builder) chance(percent int) bool { return b.rng.IntN(100) < percent }

// number returns a random 64-bit value in which boundary values are common.
func (b *builder) number() uint64 {
	boundaries := [...]uint64{0, 1, ^uint64(0), 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 1<<63 - 1, 1 << 63, 0x99, 0x10}
	switch b.below(4) {
	case 0:
		return boundaries[b.below(len(boundaries))]
	case 1:
		return uint64(int64(b.below(512) - 256))
	}
	return b.rng.Uint64()
}

// immediate returns a random immediate of width bytes.
func (b *builder) immediate(width int) []byte { return little(b.number(), width) }

// Units.

// unit appends one unit made by f.
func (b *builder) unit(f form) {
	b.landJumps()
	b.units = append(b.units, f.name)
	f.build(b)
}

// finish resolves what is open and returns the sequence.
func (b *builder) finish() *Sequence {
	for i := range b.jumps {
		b.jumps[i].units = 0
	}
	b.landJumps()
	b.program.Stop = b.here()
	return &Sequence{Program: b.program, Starts: b.starts, Units: b.units}
}

// here returns the address of the next instruction.
func (b *builder) here() uint64 { return b.program.Origin + uint64(len(b.program.Code)) }

// emit appends an instruction. If it reads a status flag that may be undefined, a
// comparison that defines them all goes before it.
func (b *builder) emit(i instruction) {
	at := len(b.program.Code)
	code := i.encode(b.here(), b.long)
	reads, undefined := b.flagsAfter(code)
	if reads&b.undefined&silicon.StatusFlags != 0 {
		b.undefined &^= silicon.StatusFlags
		b.emit(instruction{opcode: []byte{0x39}, modrm: true, reg: b.source(), rm: register(b.source()), low: none})
		b.emit(i)
		return
	}
	b.undefined = undefined
	b.starts = append(b.starts, at)
	b.program.Code = append(b.program.Code, code...)
}

// flagsAfter returns the flags that the instruction reads, and those that may be undefined
// after it, whatever the count in CL is.
func (b *builder) flagsAfter(code []byte) (reads, undefined uint64) {
	inst, err := silicon.Decode(code, b.mode)
	if err != nil {
		return 0, b.undefined
	}
	for _, count := range []uint64{0, 1, 31} {
		var s silicon.State
		s.GPR[silicon.RCX] = count
		e := silicon.EffectOf(inst, &s)
		reads |= e.Reads
		undefined |= b.undefined&^e.Writes | e.Undefined
	}
	return reads, undefined
}

// raw appends an instruction given by its bytes.
func (b *builder) raw(code ...byte) { b.emit(instruction{opcode: code, low: none}) }

// Jumps.

// jumpForward notes that the last width bytes of the code are to lead to the start of the
// unit after skipping so many.
func (b *builder) jumpForward(width int, absolute bool, skip int) {
	b.jumps = append(b.jumps, jump{at: len(b.program.Code) - width, width: width, absolute: absolute, units: skip + 1})
}

// landJumps resolves the jumps whose target is here, and short ones that could not
// reach over another unit.
func (b *builder) landJumps() {
	const reach = 127 - 80 // a unit is shorter than 80 bytes
	var open []jump
	for _, j := range b.jumps {
		j.units--
		distance := len(b.program.Code) - (j.at + j.width)
		if j.units > 0 && (j.width > 1 || distance < reach) {
			open = append(open, j)
			continue
		}
		value := uint64(distance)
		if j.absolute {
			value = b.here()
		}
		copy(b.program.Code[j.at:], little(value, j.width))
	}
	b.jumps = open
}
