package fuzzsearch

import (
	"fmt"
	"slices"
	"strings"
)

// kernelProbes puts probes on the places that the code has for them.
func (m *maker) kernelProbes() {
	s := m.s
	for i, at := range m.places {
		if i == 4 {
			break
		}
		p := Probe{Part: Part{Text: fmt.Sprintf("q%d at %s", i, at.label), Features: []Feature{Hits}}}
		if at.shared {
			p.Features = append(p.Features, SharedProbe)
		}
		s.Probes = append(s.Probes, p)
	}
	if s.engine().Multi && len(s.Probes) > 0 && !m.operating() && m.chance(25) {
		first := &s.Probes[0]
		first.Features = append(first.Features, Multiprobe)
		second := Probe{Part: Part{Text: fmt.Sprintf("q%d", len(s.Probes)) + strings.TrimPrefix(first.Text, "q0") + "\n\tmultiprobe", Features: first.Features}}
		first.Text += "\n\tmultiprobe"
		s.Probes = append(s.Probes, second)
	}
	for i := range s.Probes {
		p := &s.Probes[i]
		if m.chance(24) && (len(s.Functions) == 0 || s.Functions[len(s.Functions)-1].Label != "handler") {
			p.Handlers = append(p.Handlers, m.guestHandler())
		} else {
			p.Handlers = append(p.Handlers, Handler{"pre", m.actions()})
		}
		if m.chance(25) {
			h := Handler{"post", m.actions()}
			h.Actions[0].Features = append(h.Actions[0].Features, PostHandler)
			p.Handlers = append(p.Handlers, h)
		}
		if i < len(m.places) && m.places[i].lazy && m.chance(80) {
			h := Handler{"fault", []Part{{Text: "map"}, {Text: "return 1", Features: []Feature{FaultHandler}}}}
			if m.chance(40) {
				h.Actions = []Part{m.action(), {Text: "return 0", Features: []Feature{FaultHandler}}}
			}
			p.Handlers = append(p.Handlers, h)
		}
	}
	if s.engine().Shares && len(s.Probes) > 0 && m.chance(15) {
		text := fmt.Sprintf("p:ev %s %%ax %s=@%s:u32", m.places[0].label, "w", m.address())
		s.Probes = append(s.Probes, Probe{Event: true, Part: Part{Text: text, Features: []Feature{KprobeEvent}}})
	}
	for _, t := range s.Tasks {
		for _, c := range t.Calls {
			if strings.HasPrefix(c.Text, "register") && len(s.Probes) > 0 {
				s.Probes[0].Text += "\n\tunregistered"
			}
		}
	}
}

// operating reports whether a task registers or unregisters probes.
func (m *maker) operating() bool {
	return slices.ContainsFunc(m.s.Tasks, func(t Task) bool { return len(t.Calls) > 0 })
}

// guestHandler is a handler in guest code.
func (m *maker) guestHandler() Handler {
	first := plain("movl %s, %%ecx", m.word())
	if m.chance(60) {
		first = steps(2, "rdtsc\n\tmovl %%eax, %%ecx").with(HandlerClock)
	}
	m.s.Functions = append(m.s.Functions, Task{Label: "handler", Pieces: []Part{
		first, plain("movl %%ecx, %s", m.result()), plain("xorl %%eax, %%eax"),
	}})
	return Handler{"pre", []Part{{Text: "call handler", Features: []Feature{GuestHandler}}}}
}

func (m *maker) actions() []Part {
	list := []Part{m.action()}
	for m.chance(35) && len(list) < 3 {
		list = append(list, m.action())
	}
	return list
}

// action makes what a handler does.
func (m *maker) action() Part {
	v := m.value()
	switch n := m.IntN(100); {
	case n < 72:
		v.Text = fmt.Sprintf("set u32[%s] %s", pick(m, m.word(), m.result()), v.Text)
		return v.with(WritesMemory)
	case n < 87:
		v.Text = fmt.Sprintf("set %%%s %s", m.wide(pick(m, "ax", "cx", "dx", "bx")), v.Text)
		return v.with(SetsRegister)
	case n < 92 && len(m.sites) > 0:
		x := pick(m, m.sites...)
		return Part{Text: fmt.Sprintf("set u8[%s+%d] %d", x.label, x.offset, pick(m, x.values...)), Features: []Feature{WritesCode}}
	case n < 94:
		return Part{Text: "count"}
	}
	v.Text = fmt.Sprintf("print \"v\" %s", strings.ReplaceAll(v.Text, " ", ""))
	return v
}

// value makes an expression.
func (m *maker) value() Part {
	a := m.atom()
	switch m.IntN(5) {
	case 0:
		a.Text = fmt.Sprintf("(%s + %d) & 255", a.Text, 1+m.IntN(3))
	case 1:
		b := m.atom()
		return Part{Text: fmt.Sprintf("%s + %s", a.Text, b.Text), Features: merged(a.Features, b.Features)}
	case 2:
		a.Text = fmt.Sprintf("%s == %d", a.Text, m.IntN(4))
	}
	return a
}

// atom makes what an expression looks at.
func (m *maker) atom() Part {
	cpu := m.IntN(m.s.CPUs)
	reg := m.wide(pick(m, "ax", "cx", "dx", "bx", "si"))
	part := func(f Feature, text string, args ...any) Part {
		return Part{Text: fmt.Sprintf(text, args...), Features: []Feature{f}}
	}
	probes := m.s.named()
	if n := m.IntN(100); n < 35 && len(probes) > 0 {
		probe := pick(m, probes...)
		switch {
		case n < 22:
			return part(ReadsCounts, "%s(%s)", pick(m, "hits", "hits", "post", "missed", "faults"), probe)
		case n < 28:
			return part(ReadsArmed, "armed(%s)", probe)
		default:
			return part(ReadsLock, "held(%s)", m.lock())
		}
	}
	switch n := m.IntN(100); {
	case n < 38:
		return part(ReadsMemory, "u32[%s]", m.word())
	case n < 43:
		return part(ReadsMemory, "u32[lz]")
	case n < 66 && m.s.CPUs > 1:
		return part(OtherCPU, "%%%s@%d", pick(m, reg, reg, m.wide("ip"), "IF", "cr2"), (cpu+1)%m.s.CPUs)
	case n < 80:
		return part(ReadsHalted, "halted(%d)", cpu)
	case n < 92:
		return part(ReadsKernel, "%s(%d)", pick(m, "preempt_count", "need_resched", "signals"), cpu)
	}
	return Part{Text: "%" + reg}
}

// lock is the name of a lock of the engine.
func (m *maker) lock() string {
	return m.s.engine().Locks[0].Name
}

// checks makes properties that may or may not hold.
func (m *maker) checks() {
	s := m.s
	for range 1 + m.IntN(2) {
		a := m.atom()
		when, is := pick(m, "never", "finally", "always"), pick(m, "==", "!=", "!=")
		if when == "never" {
			is = "=="
		}
		a.Text = fmt.Sprintf("%s cond%d: %s %s %d", when, len(s.Checks), a.Text, is, 3+m.IntN(6))
		a.Features = []Feature{Condition}
		s.Checks = append(s.Checks, a)
	}
	for _, name := range []string{"no-missed-probe", "no-lost-rearm", "no-unhandled-trap", "one-pre-one-post", "transparency", "no-double-unlock"} {
		if m.chance(15) && !s.engine().None() {
			s.Checks = append(s.Checks, Part{Text: name})
		}
	}
}
