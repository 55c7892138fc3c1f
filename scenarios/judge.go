package scenarios

import (
	"fmt"

	"trapline/emu"
	"trapline/kprobes"
	"trapline/scenarios/expr"
	"trapline/scenarios/format"
	"trapline/traps"
)

// check is one property with how it is judged. Either function may be nil.
type check struct {
	name string
	step func(*Run, *emu.Event) // after every step
	end  func(*Run)             // when the run is over

}

// builtIn is how a built-in property is judged (S4).
func builtIn(name string) check {
	c := check{name: name}
	switch name {
	case "no-missed-probe":
		c.step = missedProbe
	case "no-lost-rearm":
		c.end = lostRearm
	case "transparency":
		c.end = transparency
	case "no-deadlock":
		c.end = deadlock
	case "no-livelock":
		c.step = livelock
	case "no-unhandled-trap":
		c.step = unhandledTrap
	case "one-pre-one-post":
		c.end = onePreOnePost
	case "results":
		c.end = (*Run).checkResults
	}
	return c
}

// prepareChecks makes the checks of the file, or every built-in one. Under
// another engine than the file's, conditions on that engine's own variables
// are left out, and under none those on probes.
func (b *builder) prepareChecks() error {
	if b.options.WithoutProbes {
		return nil
	}
	own := b.options.Engine == b.file.Machine.Engine
	list := b.file.Check
	if !b.file.HasCheck {
		for _, name := range format.PropertyNames() {
			list = append(list, format.Property{Name: name})
		}
	}
	for _, p := range list {
		c := builtIn(p.Name)
		if p.Cond != nil {
			err := b.checkSymbols(*p.Cond)
			if err != nil && own {
				return err
			}
			if err != nil || b.options.Engine == kprobes.EngineNone && asksAboutProbes(p.Cond.Node) {
				continue
			}
			c = condition(p)
		}
		b.run.checks = append(b.run.checks, c)
	}
	for _, s := range b.file.Steps {
		if s.Expr != nil && own {
			if err := b.checkSymbols(*s.Expr); err != nil {
				return err
			}
		}
	}
	return nil
}

func asksAboutProbes(n expr.Node) bool {
	asks := false
	expr.Walk(n, func(n expr.Node) {
		c, ok := n.(*expr.Call)
		asks = asks || ok && expr.Functions[c.Func] == "probe"
	})
	return asks
}

// checkSymbols reports the first symbol of x that does not exist.
func (b *builder) checkSymbols(x format.Expr) error {
	var bad error
	expr.Walk(x.Node, func(n expr.Node) {
		if s, ok := n.(*expr.Symbol); ok && bad == nil {
			at := x
			at.Node = s
			_, bad = evalAt(b.file.File, at, b.symbols())
		}
	})
	return bad
}

func (r *Run) judgeStep(ev *emu.Event) {
	if ev.Kind == emu.StepSpin {
		r.state.spinning[ev.CPU] = true
	} else {
		r.state.spinning = [emu.MaxCPUs]bool{}
	}
	for i := range r.checks {
		if c := &r.checks[i]; c.step != nil {
			c.step(r, ev)
		}
	}
}

func (r *Run) judgeEnd() {
	for i := range r.checks {
		if c := &r.checks[i]; c.end != nil {
			c.end(r)
		}
	}
}

// violate notes the first violation of a property.
func (r *Run) violate(property, row, text string) {
	for _, v := range r.state.violations {
		if v.Property == property {
			return
		}
	}
	r.state.violations = append(r.state.violations, Violation{property, row, text, r.state.steps, r.state.turn})
}

// condition makes the check of a user's assertion.
func condition(p format.Property) check {
	holds := func(r *Run) (bool, error) {
		v, err := expr.Eval(p.Cond.Node, machineEnv{r.symbols, r, 0})
		return v != 0, err
	}
	if p.When == "never" {
		return check{name: p.Name, step: func(r *Run, _ *emu.Event) {
			if bad, err := holds(r); bad && err == nil {
				r.violate(p.Name, "", fmt.Sprintf("%s became true", p.Cond.Node))
			}
		}}
	}
	return check{name: p.Name, end: func(r *Run) {
		if ok, err := holds(r); err != nil {
			r.violate(p.Name, "", fmt.Sprintf("%s: %v", p.Cond.Node, err))
		} else if !ok {
			r.violate(p.Name, "", fmt.Sprintf("%s is false at the end", p.Cond.Node))
		}
	}}
}

func missedProbe(r *Run, ev *emu.Event) {
	if ev.Kind != emu.StepInstruction {
		return
	}
	for i, p := range r.Probes.Probes() {
		if p.Addr == ev.PC && r.Probes.Stats(i).Missed > 0 {
			row := "K11"
			if r.Probes.Stats(i).Lost {
				row = "K7"
			}
			r.violate("no-missed-probe", row, fmt.Sprintf("cpu%d ran the instruction at %s without hitting probe %s",
				ev.CPU, r.names.Addr(ev.PC), p.Name))
		}
	}
}

func lostRearm(r *Run) {
	for i, p := range r.Probes.Probes() {
		if s := r.Probes.Stats(i); r.Engine() != kprobes.EngineNone && s.Registered && !r.armed(i) {
			row := ""
			if s.Lost {
				row = "K7"
			}
			r.violate("no-lost-rearm", row, fmt.Sprintf("probe %s at %s is registered, but no breakpoint is there any more",
				p.Name, r.names.Addr(p.Addr)))
		}
	}
}

func deadlock(r *Run) {
	if r.state.done == "deadlock" {
		r.violate("no-deadlock", "K12", fmt.Sprintf("every vCPU that could go on spins; cpu%d at %s", r.state.turn,
			r.names.Addr(r.Machine.CPUs[r.state.turn].LinearPC())))
	}
}

// livelockRepeats is how many times in a row an instruction may trap, with
// nothing completed in between outside the kernel, before that is a livelock.
const livelockRepeats = 100

// repeat counts traps of one instruction.
type repeat struct {
	pc uint64
	n  int
}

func livelock(r *Run, ev *emu.Event) {
	s := &r.state.repeats[ev.CPU]
	switch {
	case r.names.Kernel(ev.PC):
	case ev.Kind == emu.StepInstruction:
		*s = repeat{}
	case ev.Kind == emu.StepDelivery && s.pc == ev.PC:
		if s.n++; s.n == livelockRepeats {
			r.state.done = "livelock"
			r.violate("no-livelock", "", fmt.Sprintf("the instruction at %s trapped %d times and never completed",
				r.names.Addr(ev.PC), livelockRepeats))
		}
	case ev.Kind == emu.StepDelivery:
		*s = repeat{ev.PC, 1}
	}
}

func unhandledTrap(r *Run, ev *emu.Event) {
	for _, n := range ev.Notes {
		signal := n.Kind == traps.NoteSignal && !r.Kernel.Tasks[ev.CPU].Ptraced
		if signal || n.Kind == traps.NoteOops {
			r.violate("no-unhandled-trap", n.ID, fmt.Sprintf("%s for the code at %s", n.Text, r.names.Addr(n.Addr)))
		}
	}
	if ev.Delivery != nil && ev.Delivery.Shutdown != "" {
		r.violate("no-unhandled-trap", "P4", ev.Delivery.Shutdown)
	}
}

func onePreOnePost(r *Run) {
	for i, p := range r.Probes.Probes() {
		s := r.Probes.Stats(i)
		if r.Engine() == kprobes.EngineNone || s.Hits == s.Posts && s.Hits == s.Executions-s.Missed {
			continue
		}
		r.violate("one-pre-one-post", "K9", fmt.Sprintf("probe %s: %d hits, %d ended behind the instruction, which ran %d times, %d of them unseen",
			p.Name, s.Hits, s.Posts, s.Executions, s.Missed))
	}
}
