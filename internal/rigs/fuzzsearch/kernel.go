package fuzzsearch

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// maker makes a scenario.
type maker struct {
	*rand.Rand
	s      *Scenario
	budget float64 // states that a search without reduction may have, about
	labels int
	// places are where probes can lie: labels of instructions, by task or
	// function.
	places []place
	// sites are instructions that other code may change.
	sites []site
	flags int // loops that wait, each for a flag of its own
}

// place is an instruction that a probe may lie on.
type place struct {
	label  string
	lazy   bool // it may fault
	shared bool
}

// site is a changeable instruction.
type site struct {
	label  string
	offset int
	values []int
}

// Make generates the scenario of a seed.
func Make(seed uint64) *Scenario {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 0)), s: &Scenario{Seed: seed}}
	if seed%programsEvery == 0 {
		m.program()
	} else {
		m.kernel()
	}
	return m.s
}

// programsEvery is how often a scenario is a Linux program.
const programsEvery = 4

// chance is true n times out of 100.
func (m *maker) chance(n int) bool { return m.IntN(100) < n }

func pick[T any](m *maker, list ...T) T { return list[m.IntN(len(list))] }

func (m *maker) label() string {
	m.labels++
	return fmt.Sprintf("p%d", m.labels)
}

// hitSteps is about how many steps a hit takes in direct mode, and in kernel
// text.
const (
	hitSteps     = 34
	hitTextSteps = 150
)

// kernel makes a scenario of kernel code.
func (m *maker) kernel() {
	s := m.s
	s.Features = []Feature{Kernel}
	s.Arch = pick(m, "i386", "i386", "x86_64")
	s.CPUs = pick(m, 1, 2, 2, 2, 2, 2, 2, 3, 3)
	if s.Seed%equalEvery == 2 {
		m.equal()
	}
	s.Engine = pick(m, kernelEngines()...)
	if l := kernelVariants(s.Arch); len(l) > 0 && m.chance(20) {
		s.Engine = l[0]
	}
	if m.chance(20) {
		s.Prefetch = pick(m, 4, 16, 32)
		s.Features = append(s.Features, Prefetch)
	}
	s.Features = append(s.Features, [...]Feature{OneCPU, TwoCPUs, ThreeCPUs}[s.CPUs-1])
	m.budget = 1000
	if !s.engine().None() && m.chance(7) {
		s.Text = true
		s.Features = append(s.Features, KernelText)
	}
	if s.CPUs > 1 && m.chance(30) {
		m.function()
	}
	if !s.Equal || m.chance(10) {
		m.interrupts()
	}
	if !s.engine().None() && s.CPUs > 1 && m.chance(12) {
		m.operations()
	}
	for cpu := range s.CPUs {
		if len(s.Tasks) <= cpu {
			s.Tasks = append(s.Tasks, Task{Label: fmt.Sprintf("c%d", cpu)})
		}
	}
	m.code()
	for i := range s.Interrupts {
		if len(m.places) > 0 && m.chance(40) {
			s.Interrupts[i].Text += " at " + pick(m, m.places...).label
			s.Interrupts[i].Features[0] = PlacedIRQ
		}
	}
	if !s.engine().None() {
		m.kernelProbes()
	}
	for i := range s.Tasks {
		if len(s.Probes) == 0 {
			s.Tasks[i].Calls = nil
		}
	}
	if m.chance(25) {
		m.checks()
	}
}

// equalEvery is how often a scenario has equal vCPUs.
const equalEvery = 4

// equal makes the vCPUs run the same code.
func (m *maker) equal() {
	m.s.CPUs = pick(m, 2, 3, 3, 3)
	m.s.Equal = true
	m.s.Features = append(m.s.Features, EqualCPUs)
}

// equals reports whether a vCPU runs the first task.
func (s *Scenario) equals(cpu int) bool {
	return s.Equal && cpu > 0 && cpu < s.CPUs && len(s.Tasks[cpu].Calls) == 0
}

// function makes one that several vCPUs call.
func (m *maker) function() {
	p := m.piece(0)
	l := m.label()
	p.Text = l + ":\t" + p.Text
	f := Task{Label: "fn", Pieces: []Part{p}}
	m.s.Functions = append(m.s.Functions, f)
	m.places = append(m.places, place{label: l, shared: true})
}

// interrupts makes external interrupts.
func (m *maker) interrupts() {
	for range pick(m, 0, 0, 0, 1, 1, 2) {
		if m.s.CPUs > 1 && len(m.s.Interrupts) == 1 {
			return
		}
		kind, features := pick(m, "timer", "timer", "reschedule", "call_function", "nmi"), []Feature{FreeInterrupt}
		if kind == "nmi" {
			features = append(features, NMI)
		}
		text := fmt.Sprintf("%s cpu %d", kind, m.IntN(m.s.CPUs))
		m.s.Interrupts = append(m.s.Interrupts, Part{Text: text, Features: features})
		m.budget /= [...]float64{1.5, 8, 12}[m.s.CPUs-1]
	}
	if m.s.CPUs == 1 && len(m.s.Interrupts) == 0 {
		m.s.Interrupts = append(m.s.Interrupts, Part{Text: "timer cpu 0", Features: []Feature{FreeInterrupt}})
	}
}

// operations makes the last vCPU register or unregister a probe.
func (m *maker) operations() {
	for cpu := range m.s.CPUs {
		t := Task{Label: fmt.Sprintf("c%d", cpu)}
		if cpu == m.s.CPUs-1 {
			t.Calls = []Part{{Text: pick(m, "unregister", "unregister", "register") + "(q0)", Steps: 12, Features: []Feature{Registers}}}
		}
		m.s.Tasks = append(m.s.Tasks, t)
	}
}

// code gives each task pieces until the search would become too large.
func (m *maker) code() {
	s := m.s
	steps := make([]float64, len(s.Tasks))
	product := func() float64 {
		n := 1.0
		for _, k := range steps {
			n *= k + 1
		}
		return n
	}
	probed := 0
	for i := range s.Tasks {
		for _, c := range s.Tasks[i].Calls {
			steps[i] += float64(c.Steps)
		}
		steps[i]++ // ret
	}
	hit := float64(hitSteps)
	if s.Text {
		hit = hitTextSteps
	}
	for range 14 {
		cpu := m.IntN(len(s.Tasks))
		if s.equals(cpu) {
			cpu = 0
		}
		t := &s.Tasks[cpu]
		sites, flags := m.sites, m.flags
		p := m.piece(cpu)
		n := float64(p.Steps)
		wants := !s.engine().None() && (probed == 0 || m.chance(25)) && !strings.HasPrefix(p.Text, "1:")
		if strings.Contains(p.Text, "call fn") && !s.engine().None() {
			n += hit
		}
		if wants {
			n += hit
		}
		add := func(n float64) {
			for i := range steps {
				if i == cpu || cpu == 0 && s.equals(i) {
					steps[i] += n
				}
			}
		}
		if add(n); product() > m.budget {
			add(-n)
			m.sites, m.flags = sites, flags
			continue
		}
		if wants {
			l := m.label()
			p.Text = l + ":\t" + p.Text
			probed++
			m.places = append(m.places, place{label: l, lazy: has(p.Features, LazyPage)})
		}
		t.Pieces = append(t.Pieces, p)
	}
	for i := range s.Tasks {
		for len(s.Tasks[i].Pieces) == 0 && !s.equals(i) {
			s.Tasks[i].Pieces = append(s.Tasks[i].Pieces, Part{Text: "incl " + m.word(), Steps: 1})
		}
	}
}

func has(list []Feature, f Feature) bool {
	for _, x := range list {
		if x == f {
			return true
		}
	}
	return false
}

// kernelText prints the code of a scenario of kernel code.
func (s *Scenario) kernelText(b *strings.Builder) {
	b.WriteString("\t.text\n")
	for i, t := range append(append([]Task(nil), s.Tasks...), s.Functions...) {
		if s.equals(i) {
			continue
		}
		fmt.Fprintf(b, "\t.globl %s\n\t.type %s, @function\n%s:\n", t.Label, t.Label, t.Label)
		code(b, i, t.Pieces)
		b.WriteString("\tret\n")
	}
}

// Regions of a scenario of kernel code: plain words, a lazy page, and locks
// and flags.
var regions = []struct{ name, rest string }{
	{"x", "prot rw--\n\tu32 0 1 2 3 0 0 0 0"},
	{"y", "prot rw--\n\tu32 9 8 7 6 0 0 0 0"},
	{"lz", "prot rw-- lazy\n\tu32 5 4 3 2 1 0 0 0"},
	{"lk", "prot rw--\n\tu32 0 0 0 0 0 0 0 0"},
}

func (s *Scenario) regions(b *strings.Builder) {
	b.WriteString("-- memory --\n")
	for i, r := range regions {
		fmt.Fprintf(b, "%s at %#x size 4096 %s\n", r.name, s.base()+uint64(i)*0x1000, r.rest)
	}
}

// base is the address of the first region.
func (s *Scenario) base() uint64 {
	if s.Arch == "x86_64" {
		return 0xffffffff80900000
	}
	return 0xc0800000
}

func (s *Scenario) tasks(b *strings.Builder) {
	b.WriteString("-- tasks --\n")
	for cpu, t := range s.Tasks {
		if s.equals(cpu) {
			t = s.Tasks[0]
		}
		if len(t.Calls) == 0 {
			fmt.Fprintf(b, "cpu %d at %s\n", cpu, t.Label)
			continue
		}
		calls := []string{t.Label}
		for _, c := range t.Calls {
			calls = append(calls, c.Text)
		}
		fmt.Fprintf(b, "cpu %d calls %s\n", cpu, strings.Join(calls, ", "))
	}
}
