package fuzzsearch

import (
	"fmt"
)

// word is a shared word that code reads and writes.
func (m *maker) word() string {
	if m.chance(20) {
		return fmt.Sprintf("y+%d", 4*m.IntN(2))
	}
	return fmt.Sprintf("x+%d", 4*m.IntN(3))
}

// address is that of a shared word, as a number.
func (m *maker) address() string { return fmt.Sprintf("%#x", m.s.base()+uint64(4*m.IntN(3))) }

// result is a word that code keeps what it has seen in.
func (m *maker) result() string { return fmt.Sprintf("y+%d", 8+4*m.IntN(4)) }

func (m *maker) register() string { return pick(m, "eax", "ecx", "edx", "ebx", "esi") }

// pieces are what a task of kernel code can do, with how often it does.
var pieces = []struct {
	weight int
	make   func(m *maker, cpu int) Part
}{
	{10, func(m *maker, _ int) Part { return plain("movl $%d, %s", 4+m.IntN(4), m.word()) }},
	{10, func(m *maker, _ int) Part { return plain("movl %s, %%%s", m.word(), m.register()) }},
	{8, func(m *maker, _ int) Part { return plain("movl %%%s, %s", m.register(), m.word()) }},
	{8, func(m *maker, _ int) Part {
		return plain("%s %s", pick(m, "incl", "decl", "lock incl", "negl"), m.word())
	}},
	{4, func(m *maker, _ int) Part { return plain("xchgl %%%s, %s", m.register(), m.word()) }},
	{3, func(m *maker, _ int) Part { return plain("lock xaddl %%%s, %s", m.register(), m.word()) }},
	{4, func(m *maker, _ int) Part {
		return plain("%s $%d, %%%s", pick(m, "addl", "xorl", "movl"), 1+m.IntN(5), m.register())
	}},
	{5, func(m *maker, _ int) Part {
		return steps(3, "cmpl $%d, %s\n\tjne 1f\n\tmovl $%d, %s\n1:", m.IntN(6), m.word(), 7+m.IntN(2), m.result())
	}},
	{2, func(m *maker, _ int) Part {
		return steps(3, "movl $%d, %%eax\n\tlock cmpxchgl %%ecx, %s", m.IntN(3), m.word())
	}},
	{3, func(m *maker, _ int) Part { return steps(2, "%s\n\t%s", m.pushed(), m.popped()) }},
	{3, func(m *maker, _ int) Part {
		return steps(4, "movl $2, %%ecx\n\tmov $x, %%%s\n\tmov $y+8, %%%s\n\trep movsl", m.wide("si"), m.wide("di"))
	}},
	{5, lazy}, {4, ownLock}, {3, ownTry}, {3, ownWait}, {4, timeStamp}, {2, random}, {4, masked}, {3, halt}, {9, changeable}, {10, change},
	{6, callShared}, {2, func(m *maker, _ int) Part { return plain("cpuid") }}, {3, tracksFaults},
	{3, func(m *maker, _ int) Part { return steps(2, "pushf\n\t%s", m.popped()) }},
	{6, belowStack},
}

var pieceWeights = func() (n int) {
	for _, p := range pieces {
		n += p.weight
	}
	return n
}()

// piece draws one for a vCPU.
func (m *maker) piece(cpu int) Part {
	n := m.IntN(pieceWeights)
	for _, p := range pieces {
		if n -= p.weight; n < 0 {
			part := p.make(m, cpu)
			if part.Text == "" {
				break
			}
			return part
		}
	}
	return plain("incl %s", m.word())
}

func plain(text string, args ...any) Part { return steps(1, text, args...) }

func steps(n int, text string, args ...any) Part {
	return Part{Text: fmt.Sprintf(text, args...), Steps: n}
}

func (p Part) with(f ...Feature) Part {
	p.Features = append(p.Features, f...)
	return p
}

// wide is the register of full width.
func (m *maker) wide(name string) string {
	if m.s.Arch == "x86_64" {
		return "r" + name
	}
	return "e" + name
}

func (m *maker) pushed() string {
	if m.s.Arch == "x86_64" {
		return "pushq " + m.word()
	}
	return "pushl " + m.word()
}

func (m *maker) popped() string {
	if m.s.Arch == "x86_64" {
		return "popq y+8"
	}
	return "popl " + m.result()
}

func lazy(m *maker, _ int) Part {
	at := fmt.Sprintf("lz+%d", 4*m.IntN(2))
	p := plain("movl %s, %%%s", at, m.register())
	switch m.IntN(3) {
	case 0:
		p = plain("movl $%d, %s", 4+m.IntN(3), at)
	case 1:
		p = plain("incl %s", at)
	}
	p.Steps = 8
	return p.with(LazyPage)
}

func tracksFaults(m *maker, _ int) Part {
	return steps(2, "mov %%cr2, %%%s\n\tmovl %%eax, %s", m.wide("ax"), m.result())
}

func ownLock(m *maker, _ int) Part {
	l := 4 * m.IntN(2)
	body := fmt.Sprintf("movl %s, %%edx\n\tincl %%edx\n\tmovl %%edx, %s", m.word(), m.word())
	return steps(9, "1:\tmovl $1, %%eax\n\txchgl %%eax, lk+%d\n\ttestl %%eax, %%eax\n\tjnz 1b\n\t%s\n\tmovl $0, lk+%d", l, body, l).with(OwnLock)
}

func ownTry(m *maker, _ int) Part {
	l := 4 * m.IntN(2)
	return steps(5, "lock btsl $0, lk+%d\n\tjc 1f\n\tincl %s\n\tmovl $0, lk+%d\n1:", l, m.word(), l).with(OwnLock)
}

// ownWait waits for a flag that another task sets.
func ownWait(m *maker, cpu int) Part {
	if m.s.CPUs == 1 || m.flags == 4 || len(m.s.Tasks) < m.s.CPUs {
		return Part{}
	}
	other := (cpu + 1) % m.s.CPUs
	at := fmt.Sprintf("lk+%d", 16+4*m.flags)
	m.flags++
	if t := &m.s.Tasks[other]; m.chance(85) { // else it waits for ever
		t.Pieces = append(t.Pieces, plain("movl $1, %s", at))
	}
	return steps(3, "1:\tcmpl $0, %s\n\tje 1b", at).with(OwnWait)
}

func timeStamp(m *maker, _ int) Part {
	return steps(3, "rdtsc\n\tandl $0x7f, %%eax\n\tmovl %%eax, %s", m.result()).with(TimeStamp)
}

func random(m *maker, _ int) Part {
	return steps(2, "rdrand %%eax\n\tmovl %%eax, %s", m.result()).with(RandomNumber)
}

func masked(m *maker, _ int) Part {
	return steps(3, "cli\n\tincl %s\n\tsti", m.word()).with(Masked)
}

func halt(m *maker, _ int) Part { return plain("hlt").with(Halt) }

// changeable is an instruction that others may change: its constant, or what
// it does to the carry flag.
func changeable(m *maker, _ int) Part {
	l := m.label()
	if m.chance(50) {
		m.sites = append(m.sites, site{l, 1, []int{1, 2, 3}})
		return steps(2, "%s:\tmovl $7, %%ebx\n\tmovl %%ebx, %s", l, m.result())
	}
	m.sites = append(m.sites, site{l, 0, []int{0xf8, 0xf9, 0xf5, 0x90}})
	return steps(2, "%s:\tclc\n\tadcl $0, %s", l, m.result())
}

func change(m *maker, _ int) Part {
	if len(m.sites) == 0 {
		return Part{}
	}
	x := pick(m, m.sites...)
	return plain("movb $%d, %s+%d", pick(m, x.values...), x.label, x.offset).with(SelfModifying)
}

func callShared(m *maker, _ int) Part {
	if len(m.s.Functions) == 0 || len(m.s.Tasks) == 0 {
		return Part{}
	}
	return steps(3, "call fn")
}

// belowStack uses the memory below the stack pointer, where traps push.
func belowStack(m *maker, _ int) Part {
	at, r := fmt.Sprintf("-%d(%%%s)", 4+4*m.IntN(5), m.wide("sp")), m.register()
	switch m.IntN(3) {
	case 0:
		return plain("movl %s, %%%s", at, r)
	case 1:
		return steps(2, "movl %s, %%%s\n\tmovl %%%s, %s", at, r, r, m.result())
	}
	return steps(2, "movl %s, %%%s\n\tmovl %%%s, %s", m.word(), r, r, at)
}
