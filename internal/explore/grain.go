package explore

import "trapline/internal/emu"

// Grain is what no other actor can come between.
type Grain uint8

// Grains.
const (
	// WholeInstructions: an instruction, a delivery or a micro-step of kernel
	// work is one step.
	WholeInstructions Grain = iota
	// WholeLines: so is what the instructions of a line of C do from where the
	// line is entered to where it is left, for text that has lines of C.
	WholeLines
)

func (g Grain) String() string {
	if g == WholeLines {
		return "lines of C indivisible, and instructions elsewhere"
	}
	return "instructions indivisible"
}

// Name is the grain in JSON and on the command line's side of it.
func (g Grain) Name() string {
	if g == WholeLines {
		return "lines"
	}
	return "instructions"
}

// Coarse is a System some of whose steps belong together, a piece: nobody comes
// between them, though a schedule counts each.
type Coarse interface {
	// Within reports whether the last step, which was actor's, leaves it inside a
	// piece.
	Within(actor int) bool
	// Undo takes actor's last steps, of which the very last was blocked, back to
	// where their piece begins, if nothing but its own registers has changed
	// since. It returns how many steps that are besides the blocked one.
	Undo(actor int) uint64
	// Grain is that of the steps as they are told now.
	Grain() Grain
}

// coarse is sys if it tells of pieces, else nil.
func coarse(sys System) Coarse {
	c, ok := sys.(Coarse)
	if !ok || c.Grain() == WholeInstructions {
		return nil
	}
	return c
}

func grainOf(sys System) Grain {
	if c := coarse(sys); c != nil {
		return c.Grain()
	}
	return WholeInstructions
}

// stepped lets a blocked actor come to where it is blocked.
func stepped(sys System, actor int) *Step {
	st, c := sys.Step(actor), coarse(sys)
	for c != nil && !st.Blocked && c.Within(actor) {
		st = sys.Step(actor)
	}
	return st
}

// stayer is a scheduler that counts steps which it was not asked for.
type stayer interface{ Stay(actor int) }

// piece is what a vCPU has done of a piece.
type piece struct {
	actor int
	steps uint64 // 0: the next one begins a piece
	core  emu.Core
	wrote bool
}

// Grain implements Coarse. Where somebody looks at other vCPUs' registers or at
// clocks, what an instruction does can be seen before the line is over.
func (s *Machine) Grain() Grain {
	if s.InOneLine == nil || s.M.Buffers() || s.told.Registers || s.told.Clocks {
		return WholeInstructions
	}
	return WholeLines
}

// Within implements Coarse.
func (s *Machine) Within(actor int) bool {
	return s.piece.steps > 0 && s.piece.actor == actor && !s.step.Blocked
}

// Undo implements Coarse.
func (s *Machine) Undo(actor int) uint64 {
	p := &s.piece
	n := p.steps
	p.steps = 0
	if !s.step.Blocked || p.actor != actor || p.wrote {
		return 0
	}
	if n > 0 {
		s.M.SetCore(s.M.CPUs[actor], p.core)
	}
	return n
}

// enter notes the state in which a step of a vCPU finds it.
func (s *Machine) enter(c *emu.CPU) {
	if p := &s.piece; s.InOneLine != nil && (p.steps == 0 || p.actor != c.ID) {
		p.actor, p.steps, p.core, p.wrote = c.ID, 0, c.Core, false
	}
}

// leave notes what the step did, and whether it ends its piece: a line of C ends
// where another one is entered, and where the processor goes back in it.
func (s *Machine) leave(c *emu.CPU, ev *emu.Event) {
	if s.InOneLine == nil || s.M.Buffers() || s.step.Blocked {
		return
	}
	p := &s.piece
	p.steps++
	p.wrote = p.wrote || len(ev.Writes) > 0
	to := c.LinearPC()
	if s.Grain() != WholeLines || ev.Kind != emu.StepInstruction || ev.Delivery != nil || to <= ev.PC || c.User() || !c.CanStep() || !s.InOneLine(ev.PC, to) {
		p.steps = 0
	}
}
