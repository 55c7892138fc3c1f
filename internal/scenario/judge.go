package scenario

import (
	"strings"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/expr"
	"trapline/internal/format"
	"trapline/internal/kprobes/props"
	"trapline/internal/scenario/world"
)

// prepareChecks makes the checks of the file, or every built-in one. Under
// another engine than the file's, conditions on that engine's own variables
// are left out, and under none those on probes.
func (r *Run) prepareChecks() error {
	if r.Options.WithoutProbes {
		return nil
	}
	own := r.Options.Engine == r.File.Machine.Engine
	list := r.File.Check
	if !r.File.HasCheck {
		for _, name := range format.PropertyNames(r.File.World()) {
			list = append(list, format.Property{Name: name})
		}
	}
	for _, p := range list {
		c := r.builtIn(p)
		if p.Cond != nil {
			err := r.shared.CheckSymbols(*p.Cond)
			if err != nil && own {
				return err
			}
			if err != nil || r.shared.Describe().None() && asksAboutProbes(p.Cond.Node) {
				continue
			}
			c = r.condition(p)
		}
		r.checks = append(r.checks, c)
	}
	r.checks = append(r.checks, r.goProperties()...)
	for _, s := range r.File.Steps {
		for _, x := range []*format.Expr{s.Expr, s.Target} {
			if x == nil || !own {
				continue
			}
			if err := r.shared.CheckSymbols(*x); err != nil {
				return err
			}
		}
	}
	return nil
}

// builtIn makes a built-in property, nil if the world has no such one.
func (r *Run) builtIn(p format.Property) explore.Property {
	if p.Name != props.Transparency {
		return r.world.Property(p)
	}
	r.world.KeepEnds()
	return r.transparency()
}

func asksAboutProbes(n expr.Node) bool {
	asks := false
	expr.Walk(n, func(n expr.Node) {
		c, ok := n.(*expr.Call)
		asks = asks || ok && expr.Functions[c.Func] == "probe"
	})
	return asks
}

// condition makes the property of a user's assertion.
func (r *Run) condition(p format.Property) explore.Property {
	env := func(d emu.Door) expr.Env { return world.Through(r.world, 0, d) }
	if n := r.Options.need; n != nil && p.When != "finally" {
		env = func(d emu.Door) expr.Env { return stepEnv{world.Through(r.world, 0, d), r, n, p.Name} }
	}
	is := func(want bool) func(emu.Door) bool {
		return func(d emu.Door) bool {
			v, err := expr.Eval(p.Cond.Node, env(d))
			return err == nil && v != 0 == want
		}
	}
	switch p.When {
	case "never":
		return &props.Never{M: r.Machine, Title: p.Name, Bad: is(true)}
	case "always":
		return &always{props.Never{M: r.Machine, Title: p.Name, Bad: is(false)}}
	}
	return &props.Finally{M: r.Machine, Title: p.Name, Good: is(true)}
}

// always is a condition that no step may make false.
type always struct{ props.Never }

// Step evaluates the condition.
func (p *always) Step(*emu.Event) *explore.Violation {
	if !p.Bad(p.M.Watch()) {
		return nil
	}
	return &explore.Violation{Property: p.Title, What: p.Title + " became false"}
}

func (r *Run) judgeStep(ev *emu.Event) {
	if ev.Kind == emu.StepSpin {
		r.state.spinning[ev.CPU] = true
		r.state.waits[ev.CPU] = wait{ev.Micro.Holds, ev.Micro.ID}
	} else {
		r.state.spinning = [emu.MaxCPUs]bool{}
	}
	for _, c := range r.checks {
		r.violate(c.Step(ev))
	}
}

func (r *Run) judgeEnd() {
	if r.state.done == endDeadlock && (r.scheduled || r.checking(props.NoDeadlock)) {
		r.violate(r.deadlock())
	}
	for _, c := range r.checks {
		r.violate(c.End())
	}
}

// deadlock tells who waits for what, and who holds it. Locks of multiprobe among them: M4.
func (r *Run) deadlock() *explore.Violation {
	v := &explore.Violation{Property: props.NoDeadlock}
	var parts []string
	for cpu, spins := range r.state.spinning {
		if !spins {
			continue
		}
		parts = append(parts, r.waitsText(cpu))
		if w := r.state.waits[cpu]; w.row == "M4" {
			v.ID = w.row
		}
	}
	v.What = "nobody can go on: " + strings.Join(parts, "; ")
	return v
}

func (r *Run) checking(property string) bool {
	for _, c := range r.checks {
		if c.Name() == property {
			return true
		}
	}
	return false
}

// How a run ends when it cannot get anywhere.
const (
	endDeadlock = "deadlock"
	endLivelock = "livelock"
)

// violate notes the first violation of a property.
func (r *Run) violate(x *explore.Violation) {
	if x == nil {
		return
	}
	if _, known := r.violated(x.Property); known {
		return
	}
	text := x.What
	for _, p := range r.File.Check {
		if p.Name == x.Property && p.Cond != nil {
			text += ": " + p.Cond.Node.String()
		}
	}
	r.state.violations = append(r.state.violations, Violation{x.Property, x.ID, text, r.state.steps, r.state.turn})
	if x.Property == props.NoLivelock {
		r.state.done = endLivelock
	}
}
