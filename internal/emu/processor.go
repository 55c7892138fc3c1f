package emu

import (
	"fmt"

	"trapline/internal/emu/insn"
	"trapline/internal/emu/interp"
	"trapline/internal/emu/unicorn"
)

// Processor says what runs a step's instructions but for the machine's own.
type Processor uint8

// Processors.
const (
	DefaultProcessor Processor = iota
	Interp                     // package interp
	Unicorn                    // the CPU library, but for what it does wrongly
)

// processorByDefault is what DefaultProcessor means; the linker can set it:
// -ldflags "-X trapline/internal/emu.processorByDefault=unicorn".
var processorByDefault = "interp"

// ParseProcessor finds a processor by its name.
func ParseProcessor(name string) (Processor, error) {
	switch name {
	case "interp":
		return Interp, nil
	case "unicorn":
		return Unicorn, nil
	}
	return 0, fmt.Errorf("no processor %q; expected interp or unicorn", name)
}

// available is p, with a meaning for DefaultProcessor, or why this program does
// not have it.
func (p Processor) available() (Processor, error) {
	if p == DefaultProcessor {
		var err error
		if p, err = ParseProcessor(processorByDefault); err != nil {
			return 0, err
		}
	}
	if p == Unicorn {
		if err := unicorn.Check(); err != nil {
			return 0, fmt.Errorf("processor unicorn: %w", err)
		}
	}
	return p, nil
}

func (p Processor) String() string {
	switch p {
	case Interp:
		return "interp"
	case Unicorn:
		return "unicorn"
	}
	return processorByDefault
}

// classify says how an instruction is run, with ownInterp by what.
func (p Processor) classify(in *insn.Inst, err error, l Level) (ownOp, interp.Op) {
	own, op := classify(in, err, l)
	if own == ownInterp && p == Unicorn && !op.Vector() && !beyondLibrary(in) {
		own = ownNone
	}
	return own, op
}
