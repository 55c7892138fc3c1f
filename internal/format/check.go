package format

import (
	"fmt"
	"regexp"
	"slices"

	"trapline/internal/engines"
	"trapline/internal/expr"
)

// Property is something that must hold.
//
//	PROPERTY | ( "never" | "always" | "finally" ) NAME ":" EXPR
//	| "exit" ( N | "signal" NAME ) | "output" STRING        of a Linux program
type Property struct {
	Name   string
	Pos    Pos
	When   string // "never", "always", "finally", or "" for a built-in property
	Cond   *Expr
	Exit   *Exit   // "exit"
	Output *string // "output"
}

// Properties of a Linux program that say themselves what they expect.
const (
	ExitProperty   = "exit"
	OutputProperty = "output"
)

// ResultsProperty compares what the calls of a member program return.
const ResultsProperty = "results"

// BuiltIn describes a property that needs no condition (S4).
type BuiltIn struct {
	Name, Means string
	Worlds      []engines.World // whose scenarios have it
}

var kernelCode = []engines.World{engines.Kernel}

// BuiltIns are the built-in properties.
var BuiltIns = []BuiltIn{
	{"no-missed-probe", "every execution of a probed instruction hits its probe", engines.Worlds},
	{"no-lost-rearm", "no probe is left disarmed when nobody is stepping over it", kernelCode},
	{"transparency", "registers and memory end as in a run without probes", engines.Worlds},
	{"no-deadlock", "no vCPU waits for a lock that nobody can release", engines.Worlds},
	{"no-livelock", "no instruction traps over and over without ever completing", engines.Worlds},
	{"no-unhandled-trap", "no oops, no signal that ends a task, no shutdown", engines.Worlds},
	{"no-double-unlock", "nobody releases a lock that he does not hold", kernelCode},
	{"no-schedule-in-trap", "the probe code does not call the scheduler inside a trap", kernelCode},
	{"one-pre-one-post", "each execution of a probed instruction has one hit, and each hit ends behind the instruction", kernelCode},
	{ResultsProperty, "each call of program returns what the file says", kernelCode},
}

// PropertyNames lists the names of BuiltIns that scenarios of one of some worlds have.
func PropertyNames(worlds ...engines.World) []string {
	var names []string
	for _, p := range BuiltIns {
		if slices.ContainsFunc(p.Worlds, func(w engines.World) bool { return slices.Contains(worlds, w) }) {
			names = append(names, p.Name)
		}
	}
	return names
}

func (f *File) parseCheck(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		p, err := parseProperty(&words{line: l})
		if err != nil {
			return err
		}
		for _, other := range f.Check {
			if other.Name == p.Name {
				return p.Pos.errorAt("each name once", "a second property %q", p.Name)
			}
		}
		if f.Check = append(f.Check, p); len(f.Check) > MaxItems {
			return l.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many properties")
		}
	}
	return nil
}

func parseProperty(w *words) (Property, error) {
	start, _ := w.peek()
	p := Property{Pos: w.line.at(start.at)}
	key, err := w.choice("property", append(PropertyNames(engines.Worlds...), "never", "always", "finally", ExitProperty, OutputProperty))
	if err != nil {
		return Property{}, err
	}
	p.Name = key
	switch key {
	case "never", "always", "finally":
	case ExitProperty:
		if p.Exit, err = w.parseExit(); err != nil {
			return p, err
		}
		return p, w.done()
	case OutputProperty:
		text, err := w.quotedString("a text")
		if p.Output = &text; err != nil {
			return p, err
		}
		return p, w.done()
	default:
		return p, w.done()
	}
	x, err := w.next("NAME: CONDITION")
	if err != nil {
		return Property{}, err
	}
	name := x.text
	if n := len(name); n > 0 && name[n-1] == ':' {
		name = name[:n-1]
	} else if !w.accept(":") {
		return Property{}, w.line.at(x.at+n).errorAt(`":" behind the property's name`, "no %q", ":")
	}
	if !isName(name) || slices.Contains(append(PropertyNames(engines.Worlds...), ExitProperty, OutputProperty), name) {
		return Property{}, w.line.at(x.at).errorAt("a name of your own of letters, digits, _ . and -", "property named %q", name)
	}
	cond, err := w.rest("a condition")
	return Property{Name: name, Pos: w.line.at(x.at), When: key, Cond: &cond}, err
}

// Expectation is a violation that the file is there to show.
//
//	NAME [ ROW ]
type Expectation struct {
	Property string
	Row      string // of SEMANTICS.md, or ""
	Pos      Pos
}

var semanticsRow = regexp.MustCompile(`^[A-Z][0-9]{1,2}$`)

func (f *File) parseExpect(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		e, err := w.expectation()
		if err != nil {
			return err
		}
		if x, more := w.peek(); more {
			return l.at(x.at).errorAt("the ID of a row of the semantics checklist, such as K7", "unexpected %q", x.text)
		}
		f.Expect = append(f.Expect, e)
	}
	return nil
}

// expectation takes a property's name and its row, if one follows.
func (w *words) expectation() (e Expectation, err error) {
	if e.Property, e.Pos, err = w.name("a property"); err != nil {
		return e, err
	}
	if x, more := w.peek(); more && semanticsRow.MatchString(x.text) {
		e.Row = x.text
		w.off = x.at + len(x.text)
	}
	return e, nil
}

// checkWhole judges what one member alone cannot tell.
func (f *File) checkWhole() error {
	if err := f.checkKind(); err != nil {
		return err
	}
	if f.Source == nil && f.Program == nil {
		return Pos{Line: 1, Col: 1, Text: firstLine(f.Text)}.errorAt("a member text.S with code, or program with an ELF file",
			"a scenario without anything to run")
	}
	if f.Source != nil && f.Program != nil {
		return f.MemberPos("program").errorAt("one of them", "both text.S and program")
	}
	if f.Listing != nil && f.Source == nil {
		return f.MemberPos("text.lst").errorAt("text.S before it", "text.lst without text.S")
	}
	if f.Source != nil && len(f.Tasks) == 0 && f.Linux == nil {
		return f.MemberPos("text.S").errorAt("a member tasks with a line such as: cpu 0 at main", "code, but no task that runs it")
	}
	if err := f.checkTasks(); err != nil {
		return err
	}
	if err := f.checkExpectations(); err != nil {
		return err
	}
	return f.checkNames()
}

// checkTasks looks at the cpus and probes that tasks and interrupts name.
func (f *File) checkTasks() error {
	for i := range f.Tasks {
		t := &f.Tasks[i]
		if t.CPU >= f.Machine.CPUs {
			return t.Pos.errorAt(fmt.Sprintf("cpus %d in machine", t.CPU+1), "a task on cpu %d of %d", t.CPU, f.Machine.CPUs)
		}
		if t.Ring == 3 && len(t.Calls) > 0 {
			return t.Pos.errorAt("ring 0", "a task in ring 3 that calls kernel functions")
		}
		for _, c := range t.Calls {
			switch {
			case slices.Contains(ModuleOps, c.Operation):
				if !slices.Contains(f.moduleNames(), c.Module) {
					return c.Pos.errorAt(meant(c.Module, f.moduleNames()), "no module %q", c.Module)
				}
			case c.Operation != "" && c.Operation != Echo && f.probe(c.Probe) == nil:
				return c.Pos.errorAt(meant(c.Probe, f.probeNames()), "no probe %q", c.Probe)
			}
		}
	}
	for _, in := range f.Interrupts {
		if in.CPU >= f.Machine.CPUs {
			return in.Pos.errorAt(fmt.Sprintf("a cpu below %d", f.Machine.CPUs), "an interrupt of cpu %d", in.CPU)
		}
	}
	return nil
}

func (f *File) moduleNames() []string {
	names := make([]string, len(f.Modules))
	for i := range f.Modules {
		names[i] = f.Modules[i].Name
	}
	return names
}

func (f *File) probeNames() []string {
	names := make([]string, len(f.Probes))
	for i := range f.Probes {
		names[i] = f.Probes[i].Name
	}
	return names
}

func (f *File) checkExpectations() error {
	known := PropertyNames(f.World())
	if f.HasCheck {
		known = nil
		for _, p := range f.Check {
			known = append(known, p.Name)
		}
	}
	expected := f.Expect
	for _, s := range f.Schedules {
		expected = append(expected, s.Violates...)
	}
	for _, s := range f.Searches {
		expected = append(expected, s.Violates...)
	}
	for _, e := range expected {
		if !slices.Contains(known, e.Property) {
			return e.Pos.errorAt(meant(e.Property, known), "%q is not checked", e.Property)
		}
	}
	return nil
}

// checkNames looks at the registers, probes and cpus that expressions name;
// symbols wait until there is code.
func (f *File) checkNames() error {
	for _, x := range f.Exprs() {
		var bad error
		expr.Walk(x.Node, func(n expr.Node) {
			if bad == nil {
				bad = f.checkNode(x, n)
			}
		})
		if bad != nil {
			return bad
		}
	}
	return nil
}

func (f *File) checkNode(x Expr, n expr.Node) error {
	at := x.Pos
	at.Col += n.Pos()
	switch n := n.(type) {
	case *expr.Register:
		if !isReadable(f.Machine.Arch, n.Name) {
			return at.errorAt(meant(n.Name, readableRegisters(f.Machine.Arch)), "unknown register %%%s", n.Name)
		}
		if n.CPU >= f.Machine.CPUs {
			return at.errorAt(fmt.Sprintf("a cpu below %d", f.Machine.CPUs), "no cpu %d", n.CPU)
		}
	case *expr.Call:
		if f.Linux == nil && expr.Functions[n.Func] == "probe" && f.probe(n.Arg) == nil {
			return at.errorAt(meant(n.Arg, f.probeNames()), "no probe %q", n.Arg)
		}
	}
	return nil
}

// Exprs lists the file's expressions that are evaluated on a machine.
func (f *File) Exprs() []Expr {
	var list []Expr
	add := func(xs ...*Expr) {
		for _, x := range xs {
			if x != nil {
				list = append(list, *x)
			}
		}
	}
	for _, p := range f.Probes {
		for _, kind := range HandlerKinds {
			for _, a := range p.Handlers[kind] {
				add(a.Target)
				list = append(list, a.Args...)
			}
		}
	}
	for _, s := range f.Steps {
		add(s.Expr, s.Target)
	}
	for _, p := range f.Check {
		add(p.Cond)
	}
	return list
}

func firstLine(s string) string {
	for i := range s {
		if s[i] == '\n' {
			return s[:i]
		}
	}
	return s
}
