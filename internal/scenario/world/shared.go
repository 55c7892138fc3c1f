package world

import (
	"errors"

	"trapline/internal/emu"
	"trapline/internal/emu/insn"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/story"
)

// Config is what a world is made of.
type Config struct {
	File *format.File
	// ReadFile reads a file that the scenario names, relative to its folder.
	ReadFile  func(name string) ([]byte, error)
	Processor emu.Processor // nil: the default
	Handlers  Handlers      // in Go

	Engine        string
	Syntax        story.Syntax  // of disassembly
	WithoutProbes bool          // probes are not defined: the baseline of transparency
	MoreEvents    []string      // lines of kprobe_events or uprobe_events behind the file's
	Grain         explore.Grain // of a search
	CPUs          int           // vCPUs instead of the file's; 0: the file's
}

// Describe is the description of the engine.
func (c *Config) Describe() *engines.Engine { return engines.Of(c.Engine) }

// ErrNotPossible is the class of errors of a scenario that asks for what its
// engine does not have, so that it can be run under others only.
var ErrNotPossible = errors.New("not possible here")

// Shared is what every world has.
type Shared struct {
	Config
	Machine *emu.Machine
	Symbols Symbols
	Names   story.Names
	Log     []string // what handlers printed; only added to, but for a restored run
}

// Common implements World.
func (s *Shared) Common() *Shared { return s }

// NotePrint marks a line that a handler printed.
const NotePrint emu.NoteKind = "print"

// maxLog bounds the lines of a run's log.
const maxLog = 10_000

// AddLog keeps a line of the log and makes it part of the step's event.
func (s *Shared) AddLog(line string) {
	s.Machine.Note(emu.Note{Kind: NotePrint, Text: line})
	if len(s.Log) < maxLog {
		s.Log = append(s.Log, line)
	}
}

// CheckSymbols reports the first symbol of x that does not exist.
func (s *Shared) CheckSymbols(x format.Expr) error {
	var bad error
	expr.Walk(x.Node, func(n expr.Node) {
		if sym, ok := n.(*expr.Symbol); ok && bad == nil {
			at := x
			at.Node = sym
			_, bad = EvalAt(s.File, at, s.Symbols)
		}
	})
	return bad
}

// InstructionLen is the length of the instruction that some code of a mode begins with.
func InstructionLen(code []byte, mode insn.Mode) int {
	in, err := insn.Decode(code, mode)
	if err != nil || in.Len == 0 {
		return 1
	}
	return in.Len
}
