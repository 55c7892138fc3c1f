package silicon

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/arch/x86/x86asm"

	"trapline/internal/x86"
)

// Comparer compares runs of the same program and counts what it saw. The zero
// value compares everything but undefined flags.
type Comparer struct {
	Exceptions []*Exception // differences with a known cause, passed over
	Conditions bool         // C0 to C3 are compared where the manual leaves them open too

	Programs int // pairs of runs compared
	Steps    int // steps compared
	Cut      int // runs whose comparison ended early: an instruction read an undefined flag
	Parted   int // runs whose comparison ended early at an Exception that Parts
}

// Exception is a difference that is explained and let pass.
type Exception struct {
	Reason string
	Match  func(*Difference) bool
	Parts  bool // what follows depends on the difference: the rest of the run is not compared
	Count  int  // how often it matched
}

// Difference is the first thing in which two runs disagree.
type Difference struct {
	Program *Program
	Step    int    // index into the runs
	PC      uint64 // address of the instruction
	Code    []byte // its bytes
	Text    string // its disassembly, GNU syntax
	Before  State  // registers before it
	After   State  // registers after it, on the processor
	Field   string // "rax", "rflags", "xmm3", "memory at 0x600010", "signal", ...
	Want    string // on the processor
	Got     string // on the other side
	Bits    uint64 // Want xor Got, for fields of up to 64 bits
}

// String returns one line for a test log.
func (d *Difference) String() string {
	named := ""
	if d.Field == "rflags" {
		named = " (" + FlagNames(d.Bits) + ")"
	}
	return fmt.Sprintf("%s step %d at %#x: % x (%s): %s is %s on the processor, %s here%s",
		d.Program.Mode, d.Step, d.PC, d.Code, d.Text, d.Field, d.Want, d.Got, named)
}

// Compare compares two runs of p: want from the processor, got from the other side.
// It returns nil when they agree in everything that the manual defines.
func (c *Comparer) Compare(p *Program, want, got []Step) *Difference {
	c.Programs++
	memory, err := p.Memory()
	if err != nil {
		return &Difference{Program: p, Field: "program", Want: err.Error()}
	}
	before, undefined := &p.Init, uint64(0)
	for i := range min(len(want), len(got)) {
		w, g := &want[i], &got[i]
		d := Difference{Program: p, Step: i, PC: w.PC, Before: *before}
		effect := d.decode(memory.Code)
		if c.Conditions {
			effect.Undefined &^= ConditionCodes
		}
		if effect.Reads&undefined != 0 {
			c.Cut++
			return nil
		}
		if w.Signal == (Signal{}) {
			undefined = undefined&^effect.Writes | effect.Undefined
		}
		d.After = w.State
		found, parted := c.compareStep(d, w, g, undefined)
		if found != nil {
			return found
		}
		c.Steps++
		if parted {
			c.Parted++
			return nil
		}
		before = &w.State
	}
	if len(want) != len(got) {
		d := &Difference{Program: p, Step: min(len(want), len(got)), PC: before.RIP, Before: *before,
			Field: "number of steps", Want: fmt.Sprint(len(want)), Got: fmt.Sprint(len(got))}
		d.decode(memory.Code)
		return d
	}
	return nil
}

// decode fills in the instruction at d.PC and returns its effect on the flags.
func (d *Difference) decode(code []byte) Effect {
	const longest = 15 // bytes of an instruction
	offset := d.PC - CodeBase
	if offset >= CodeSize {
		d.Text = "outside the code"
		return Effect{}
	}
	code = code[offset:min(offset+longest, CodeSize)]
	inst, err := Decode(code, d.Program.Mode)
	if err != nil {
		d.Code, d.Text = code, "not decoded"
		return Effect{}
	}
	d.Code, d.Text = code[:inst.Len], x86asm.GNUSyntax(inst, d.PC, nil)
	return EffectOf(inst, &d.Before)
}

// compareStep returns the first difference that no exception explains, and whether an
// exception that it met parts the runs.
func (c *Comparer) compareStep(d Difference, want, got *Step, undefined uint64) (found *Difference, parted bool) {
	report := func(field, w, g string, bits uint64) bool {
		d.Field, d.Want, d.Got, d.Bits = field, w, g, bits
		e := c.exception(&d)
		if e != nil {
			e.Count++
			parted = parted || e.Parts
		}
		return e == nil
	}
	number := func(field string, w, g uint64) bool {
		return w != g && report(field, fmt.Sprintf("%#x", w), fmt.Sprintf("%#x", g), w^g)
	}
	bytes := func(field string, w, g []byte) bool {
		return string(w) != string(g) && report(field, littleEndian(w), littleEndian(g), 0)
	}
	switch {
	case number("address of the instruction", want.PC, got.PC),
		want.Signal != got.Signal && report("signal", want.Signal.String(), got.Signal.String(), 0),
		compareRegisters(d.Program.Mode, &want.State, &got.State, undefined, number, bytes),
		compareMemory(want.Changes, got.Changes, report):
		return &d, false
	}
	return nil, parted
}

// exception returns the exception that explains d, or nil.
func (c *Comparer) exception(d *Difference) *Exception {
	for _, e := range c.Exceptions {
		if e.Match(d) {
			return e
		}
	}
	return nil
}

// compareRegisters passes every register that both sides define to number or bytes, until one
// returns true.
func compareRegisters(m Mode, want, got *State, undefined uint64,
	number func(string, uint64, uint64) bool, bytes func(string, []byte, []byte) bool) bool {
	for i := range m.Registers() {
		if number(m.RegisterName(i), want.GPR[i], got.GPR[i]) {
			return true
		}
	}
	status := uint16(undefined >> x87Shift)
	if number(m.RegisterName(RAX)[:1]+"ip", want.RIP, got.RIP) ||
		number("rflags", want.RFLAGS&^undefined, got.RFLAGS&^undefined) ||
		number("fs base", want.FSBase, got.FSBase) || number("gs base", want.GSBase, got.GSBase) ||
		number("mxcsr", uint64(want.MXCSR), uint64(got.MXCSR)) ||
		number("x87 control", uint64(want.X87.Control), uint64(got.X87.Control)) ||
		number("x87 status", uint64(want.X87.Status&^status), uint64(got.X87.Status&^status)) ||
		number("x87 tag", uint64(want.X87.Tag), uint64(got.X87.Tag)) {
		return true
	}
	for i := range want.Selectors {
		if number(x86.SegmentName(i), uint64(want.Selectors[i]), uint64(got.Selectors[i])) {
			return true
		}
	}
	for i := range m.Registers() {
		if want.XMM[i] != got.XMM[i] && bytes(fmt.Sprintf("xmm%d", i), want.XMM[i][:], got.XMM[i][:]) {
			return true
		}
		if want.Upper[i] != got.Upper[i] && bytes(fmt.Sprintf("upper half of ymm%d", i), want.Upper[i][:], got.Upper[i][:]) {
			return true
		}
	}
	for i := range want.X87.ST {
		if want.X87.inUse(i) && bytes(fmt.Sprintf("st(%d)", i), want.X87.ST[i][:], got.X87.ST[i][:]) {
			return true
		}
	}
	return false
}

// inUse reports whether ST(i) holds a value.
func (x *X87) inUse(i int) bool {
	top := int(x.Status >> 11 & 7)
	return x.Tag>>((top+i)&7)&1 != 0
}

// compareMemory passes the first byte that only one side changed, or that both changed
// to different values, to report, and goes on while report returns false.
func compareMemory(want, got []Change, report func(field, want, got string, bits uint64) bool) bool {
	w, g := changedBytes(want), changedBytes(got)
	for _, changes := range [][]Change{want, got} {
		for _, c := range changes {
			for i := range c.Bytes {
				addr := c.Addr + uint64(i)
				a, inWant := w[addr]
				b, inGot := g[addr]
				if inWant == inGot && a == b {
					continue
				}
				if report(fmt.Sprintf("memory at %#x", addr), changed(a, inWant), changed(b, inGot), 0) {
					return true
				}
				w[addr], g[addr] = 0, 0 // reported once
			}
		}
	}
	return false
}

func changedBytes(changes []Change) map[uint64]byte {
	m := map[uint64]byte{}
	for _, c := range changes {
		for i, b := range c.Bytes {
			m[c.Addr+uint64(i)] = b
		}
	}
	return m
}

func changed(b byte, is bool) string {
	if !is {
		return "unchanged"
	}
	return fmt.Sprintf("%#02x", b)
}

// littleEndian prints up to 16 bytes as one number.
func littleEndian(b []byte) string {
	var wide [16]byte
	copy(wide[:], b)
	return fmt.Sprintf("%#x:%016x", binary.LittleEndian.Uint64(wide[8:]), binary.LittleEndian.Uint64(wide[:]))
}
