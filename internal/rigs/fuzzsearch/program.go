package fuzzsearch

import (
	"fmt"
	"strings"

	"trapline/internal/x86"
)

// program makes a scenario of a Linux program.
func (m *maker) program() {
	s := m.s
	s.Program, s.Arch = true, "x86_64"
	s.Features = []Feature{Program}
	s.Engine = pick(m, programEngines()...)
	threads := pick(m, 2, 2, 3)
	s.CPUs = pick(m, 2, 2, 2, threads, 1)
	s.Features = append(s.Features, [...]Feature{TwoThreads, ThreeThreads}[threads-2])
	m.budget = 100
	if threads == 3 {
		m.budget = 220 // they start one after the other
	}
	if !s.engine().None() {
		m.budget *= 1.5
	}
	if s.CPUs == 1 {
		s.Features = append(s.Features, OneCPUOfMany)
	}
	if m.chance(20) {
		s.Quantum = pick(m, 2, 3, 5)
		s.Features = append(s.Features, Quantum)
	}
	for i := range threads {
		s.Tasks = append(s.Tasks, Task{Label: fmt.Sprintf("t%d", i)})
	}
	m.threads()
	if !s.engine().None() {
		m.uprobes()
	}
	if m.chance(25) {
		m.programChecks()
	}
}

// threads gives each thread pieces.
func (m *maker) threads() {
	s := m.s
	steps := make([]float64, len(s.Tasks))
	for i := range steps {
		steps[i] = 4
	}
	product := func() float64 {
		n := 1.0
		for _, k := range steps {
			n *= k
		}
		return n
	}
	called := false
	for range 7 {
		i := m.IntN(len(s.Tasks))
		p := m.deed(i)
		n := float64(p.Steps)
		hit := strings.Contains(p.Text, "call target") && !s.engine().None()
		if hit {
			n += 9
		}
		own := !s.engine().None() && !hit && m.chance(15) && !strings.HasPrefix(p.Text, "1:")
		if own {
			n += 9
		}
		if steps[i] += n; product() > m.budget {
			steps[i] -= n
			continue
		}
		if own {
			l := m.label()
			p.Text = l + ":\t" + p.Text
			m.places = append(m.places, place{label: l})
		}
		called = called || hit
		s.Tasks[i].Pieces = append(s.Tasks[i].Pieces, p)
	}
	if called {
		m.places = append(m.places, place{label: "target", shared: true})
	}
}

// programWord is a word that threads share.
func (m *maker) programWord() string { return fmt.Sprintf("word+%d", 4*m.IntN(2)) }

func (m *maker) programResult() string { return fmt.Sprintf("word+%d", 8+4*m.IntN(3)) }

// call is a system call with its arguments.
func call(number int, args ...string) string {
	text := fmt.Sprintf("movl $%d, %%eax", number)
	for i, a := range args {
		text += fmt.Sprintf("\n\tmovl %s, %%%s", a, [...]x86.Reg{x86.RDI, x86.RSI, x86.RDX, x86.R10}[i].NameOf(4))
	}
	return text + "\n\tsyscall"
}

// deeds are what a thread can do.
var deeds = []struct {
	weight int
	make   func(m *maker, thread int) Part
}{
	{8, func(m *maker, _ int) Part { return plain("movl $%d, %s", 4+m.IntN(4), m.programWord()) }},
	{8, func(m *maker, _ int) Part {
		return plain("movl %s, %%%s", m.programWord(), pick(m, "eax", "ebx", "edx"))
	}},
	{6, func(m *maker, _ int) Part { return plain("movl %%ebx, %s", m.programWord()) }},
	{6, func(m *maker, _ int) Part {
		return plain("%s %s", pick(m, "incl", "lock incl", "negl"), m.programWord())
	}},
	{5, func(m *maker, _ int) Part {
		return steps(3, "cmpl $%d, %s\n\tjne 1f\n\tmovl $7, %s\n1:", m.IntN(3), m.programWord(), m.programResult())
	}},
	{24, func(m *maker, _ int) Part { return steps(3, "call target") }},
	{8, func(m *maker, _ int) Part {
		return steps(4, "%s", call(202, "$word", "$0", fmt.Sprintf("$%d", m.IntN(2)), "$0")).with(Futex)
	}},
	{6, func(m *maker, _ int) Part {
		return steps(5, "movl $5, word\n\t%s", call(202, "$word", "$1", "$1")).with(Futex)
	}},
	{16, func(m *maker, _ int) Part {
		return steps(6, "%s", call(234, "$100", fmt.Sprintf("$%d", 100+m.IntN(len(m.s.Tasks))), "$10")).with(Signal)
	}},
	{2, func(m *maker, _ int) Part { return steps(4, "%s", call(14, "$0", "$mask", "$0", "$8")).with(Signal) }},
	{14, func(m *maker, _ int) Part {
		return steps(5, "%s\n\tmovl ts+8, %%eax\n\tmovl %%eax, %s", call(228, "$1", "$ts"), m.programResult()).with(Clock)
	}},
	{3, func(m *maker, _ int) Part {
		return steps(2, "rdtsc\n\tmovl %%eax, %s", m.programResult()).with(TimeStamp)
	}},
	{6, func(m *maker, _ int) Part { return steps(4, "%s", call(35, "$nap", "$0")).with(Sleep) }},
	{3, func(m *maker, _ int) Part { return steps(3, "%s", call(11, "$page", "$4096")).with(Mapping) }},
	{3, func(m *maker, _ int) Part { return steps(4, "%s", call(10, "$page", "$4096", "$1")).with(Mapping) }},
	{4, func(m *maker, _ int) Part { return plain("incl page").with(LazyPage) }},
	{3, func(m *maker, _ int) Part { return steps(4, "%s", call(1, "$1", "$word", "$1")).with(Output) }},
	{2, func(m *maker, _ int) Part { return steps(3, "%s", call(231, "$3")).with(ExitGroup) }},
	{3, func(m *maker, _ int) Part { return steps(3, "%s", call(24)).with(Yield) }},
	{3, func(m *maker, _ int) Part {
		return steps(10, "%s\n\ttestl %%eax, %%eax\n\tjnz 1f\n\tincl word\n\t%s\n1:", call(57), call(60, "$0")).with(Fork)
	}},
}

var deedWeights = func() (n int) {
	for _, d := range deeds {
		n += d.weight
	}
	return n
}()

func (m *maker) deed(thread int) Part {
	n := m.IntN(deedWeights)
	for _, d := range deeds {
		if n -= d.weight; n < 0 {
			return d.make(m, thread)
		}
	}
	panic("unreachable")
}

// uprobes puts probes on the places that the code has for them.
func (m *maker) uprobes() {
	s := m.s
	for i, at := range m.places {
		if i == 3 {
			return
		}
		name := fmt.Sprintf("q%d", i)
		f := []Feature{Uprobe}
		if at.shared {
			f = append(f, SharedProbe)
		}
		if m.chance(40) {
			s.Probes = append(s.Probes, Probe{Event: true, Part: Part{Text: fmt.Sprintf("p:%s /prog:%s", name, at.label), Features: f}})
			if at.shared && m.chance(60) {
				s.Probes = append(s.Probes, Probe{Event: true, Part: Part{Text: "r:back /prog:target", Features: []Feature{Uretprobe}}})
			}
			continue
		}
		p := Probe{Part: Part{Text: fmt.Sprintf("%s at %s", name, at.label), Features: f}}
		s.Probes = append(s.Probes, p)
		last := &s.Probes[len(s.Probes)-1]
		last.Handlers = append(last.Handlers, Handler{"pre", []Part{m.programAction()}})
		if at.shared && m.chance(50) {
			a := m.programAction()
			last.Handlers = append(last.Handlers, Handler{"ret", []Part{a.with(Uretprobe)}})
		}
	}
}

func (m *maker) programAction() Part {
	v := m.programAtom()
	switch {
	case m.chance(75):
		v.Text = fmt.Sprintf("set u32[%s] %s", pick(m, m.programWord(), m.programResult()), v.Text)
		return v.with(WritesMemory)
	case m.chance(50):
		v.Text = fmt.Sprintf("set %%%s %s", pick(m, "rax", "rbx", "rdx"), v.Text)
		return v.with(SetsRegister)
	}
	v.Text = fmt.Sprintf("print \"v\" %s", v.Text)
	return v
}

func (m *maker) programAtom() Part {
	part := func(f Feature, text string, args ...any) Part {
		return Part{Text: fmt.Sprintf(text, args...), Features: []Feature{f}}
	}
	if probes := m.s.named(); len(probes) > 0 && m.chance(35) {
		return part(ReadsCounts, "%s(%s)", pick(m, "hits", "hits", "missed", "armed"), pick(m, probes...))
	}
	switch n := m.IntN(100); {
	case n < 45:
		return part(ReadsMemory, "u32[%s]", m.programWord())
	case n < 55:
		return part(ReadsMemory, "u32[page]")
	case n < 75 && m.s.CPUs > 1:
		return part(OtherCPU, "%%%s@%d", pick(m, "rbx", "rax", "rip"), m.IntN(m.s.CPUs))
	case n < 88:
		return part(ReadsHalted, "halted(%d)", m.IntN(m.s.CPUs))
	}
	return Part{Text: "%rbx"}
}

func (m *maker) programChecks() {
	a := m.programAtom()
	when, is := pick(m, "never", "finally", "always"), pick(m, "==", "!=", "!=")
	if when == "never" {
		is = "=="
	}
	a.Text = fmt.Sprintf("%s cond: %s %s %d", when, a.Text, is, 3+m.IntN(4))
	a.Features = []Feature{Condition}
	m.s.Checks = append(m.s.Checks, a)
	for _, name := range []string{"no-missed-probe", "transparency", "no-deadlock", "no-unhandled-trap"} {
		if m.chance(20) && !m.s.engine().None() {
			m.s.Checks = append(m.s.Checks, Part{Text: name})
		}
	}
}

// programText prints the code of a Linux program: the first thread starts the
// others. Signal 10 has a handler.
func (s *Scenario) programText(b *strings.Builder) {
	b.WriteString("\t.globl _start, target, word\n_start:\n")
	text := func(f Feature) bool { return has(s.All(), f) }
	if text(Signal) {
		b.WriteString("\t" + call(13, "$10", "$action", "$0", "$8") + "\n")
	}
	for i := 1; i < len(s.Tasks); i++ {
		fmt.Fprintf(b, "\tmovl $56, %%eax\n\tmovl $0x50f00, %%edi\n\tmovl $stacks+%d, %%esi\n\tsyscall\n\ttestl %%eax, %%eax\n\tjz %s\n",
			stackSize*i, s.Tasks[i].Label)
	}
	for i, t := range s.Tasks {
		b.WriteString(t.Label + ":\n")
		code(b, i, t.Pieces)
		b.WriteString("\tmovl $60, %eax\n\tmovl word, %edi\n\tsyscall\n")
	}
	b.WriteString("target:\n\tincl word\n\tret\n")
	if text(Signal) {
		b.WriteString("caught:\n\tincl word+4\n\tret\nrestore:\n\tmovl $15, %eax\n\tsyscall\n")
		b.WriteString("\t.data\naction: .quad caught, 0x04000000, restore, 0\nmask: .quad 0x200\n")
	}
	if text(Sleep) {
		b.WriteString("\t.data\nnap: .quad 0, 30\n")
	}
	fmt.Fprintf(b, "\t.bss\nword: .skip 64\nts: .skip 16\n\t.balign 4096\npage: .skip 4096\nstacks: .skip %d\n", stackSize*len(s.Tasks))
}

// stackSize is that of a thread's stack, which a signal's frame must fit in.
const stackSize = 4096
