package judge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// stage is what vCPUs do in pairs.
type stage struct {
	// shared is the code that they meet in: functions with probes, registered or
	// not yet, and handlers that count. What is behind the first byte of a probed
	// instruction does no harm when it runs.
	shared string
	parts  []part
	// interrupted is how many of the parts are combined with the part disturbing
	// and an interrupt too; noNMI is one of them that is with a timer's only, since
	// with an NMI at any of its instructions a search does not end in its memory.
	interrupted, disturbing int
	noNMI                   string
}

var stage2002 = stage{shared: shared2002, parts: parts2002, interrupted: 8, disturbing: 6}

const shared2002 = `
f0:	p0: s4: movb $0x40,%al		# then inc %eax
	ret
f1:	p1: movl $0x90909090,%eax	# then nops
	ret
f2:	p2: incl %eax
	ret
f3:	s3: incl %eax
	ret
f5:	p5: movl LAZY,%eax
	ret
f6:	p6: incl %eax
	ret
f7:	p7: incl %eax
	ret
f8:	p8: incl %eax
	ret
f9:	p9: incl %eax
	ret
pre0:	COUNT 0
	ret
post0:	COUNT 1
	ret
pre1:	COUNT 2
	ret
pre2:	COUNT 3
	jmp f1
pre3:	COUNT 4
	ret
post3:	COUNT 5
	ret
pre4:	COUNT 6
	ret
fault5:	COUNT 7
	xorl %eax,%eax
	ret
post6:	COUNT 8
	movl LAZY2,%eax
	ret
pre7:	int3
	ret
fault7:	COUNT 9
	movl $1,%eax
	ret
post8:	jmp f0
pre9:	kernel UNREGISTER, PROBE0
	ret
`

// part is what one vCPU does, in ring 0 or 3.
type part struct {
	name string
	code string
	ring int
	// alone: not beside itself, since a handler that is linked twice would count
	// for ever.
	alone bool
}

var parts2002 = []part{
	{name: "hits", code: "call f0\nret\n"},
	{name: "hits a long instruction", code: "call f1\nret\n"},
	{name: "hits inside a hit", code: "call f2\nret\n"},
	{name: "hits inside a post-handler", code: "call f8\nret\n"},
	{name: "hits with interrupts off", code: "cli\ncall f0\nsti\nret\n"},
	{name: "hits twice", code: "call f0\ncall f0\nret\n"},
	{name: "unregisters", code: "kernel UNREGISTER, PROBE0\nret\n"},
	{name: "unregisters at a long instruction", code: "kernel UNREGISTER, PROBE1\nret\n"},
	{name: "registers", code: "kernel REGISTER, PROBE3\nret\n"},
	{name: "runs what may be registered", code: "call f3\nret\n"},
	{name: "unregisters and registers", code: "kernel UNREGISTER, PROBE0\nkernel REGISTER, PROBE0\nret\n"},
	{name: "registers a second one", code: "kernel REGISTER, PROBE4\nret\n"},
	{name: "faults in a step", code: "call f5\nret\n"},
	{name: "faults in a post-handler", code: "call f6\nret\n"},
	{name: "has an int3 in a handler", code: "call f7\nret\n"},
	{name: "unregisters in a handler", code: "call f9\nret\n"},
	{name: "registers and unregisters", code: "kernel REGISTER, PROBE3\nkernel UNREGISTER, PROBE3\nret\n"},
	{name: "registers and hits", code: "kernel REGISTER, PROBE3\ncall f3\nret\n"},
	{name: "writes over a breakpoint", code: "movb $0x40,f0\nret\n"},
	{name: "has an int3", code: "int3\nret\n"},
	{name: "has an int3 in ring 3", code: "int3\nEXIT\n", ring: 3},
	{name: "has an int 3 in ring 3", code: ".byte 0xcd,3\nEXIT\n", ring: 3},
}

// pair is two parts run side by side, and an interrupt of vCPU 0 at any time.
type pair struct {
	name  string
	parts [2]int
	irqs  []explore.Interrupt
}

func (g *stage) pairs() []pair {
	var list []pair
	for i, a := range g.parts {
		for j, b := range g.parts[i:] {
			if j > 0 || !a.alone {
				list = append(list, pair{a.name + " / " + b.name, [2]int{i, i + j}, nil})
			}
		}
	}
	for i, a := range g.parts[:g.interrupted] {
		b := g.parts[g.disturbing].name
		for name, vec := range map[string]x86.Vector{"timer": 0x20, "NMI": x86.VecNMI} {
			if name == "NMI" && a.name == g.noNMI {
				continue
			}
			list = append(list, pair{a.name + " / " + b + ", " + name, [2]int{i, g.disturbing}, []explore.Interrupt{{CPU: 0, Vector: vec}}})
		}
	}
	return list
}

// program has every part.
func (g *stage) program() (*program, error) {
	text := g.shared
	for i, p := range g.parts {
		section := ".text"
		if p.ring == 3 {
			section = ".data"
		}
		text += fmt.Sprintf("%s\npart%d:\n%s", section, i, p.code)
	}
	return assemble("parts", text, false)
}

// pair is the program with two of its parts.
func (g *stage) pair(p *program, of [2]int) *program {
	q := *p
	q.labels = maps.Clone(p.labels)
	for cpu, suffix := range []string{"", "1"} {
		start := map[int]string{0: "main", 3: "user"}[g.parts[of[cpu]].ring] + suffix
		q.labels[start] = p.labels[fmt.Sprint("part", of[cpu])]
	}
	return &q
}

// outcomes are the ends of all schedules of two vCPUs, as texts. A deadlock is
// one too.
func outcomes(x text, p *program, irqs []explore.Interrupt) ([]string, error) {
	ends := map[string]bool{}
	r, err := explore.Search(context.Background(), x.systems(p, irqs, ends), explore.Options{
		EveryEnd: true, AtEnd: func(s explore.System) { s.(*explore.Machine).Properties[0].(*collector).note(false) },
	})
	if err == nil && !r.Exhausted {
		err = fmt.Errorf("%s: not exhausted: %v", x.name, r.Verdict())
	}
	return slices.Sorted(maps.Keys(ends)), err
}

// systems makes machines of two vCPUs with the program under a text.
func (x text) systems(p *program, irqs []explore.Interrupt, ends map[string]bool) func() (explore.System, error) {
	return func() (explore.System, error) {
		m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 2, Memory: 2 << 20})
		if err != nil {
			return nil, err
		}
		s, err := x.boot(m)
		if err == nil {
			err = p.load(s, traps.Task{}, "")
		}
		if err != nil {
			m.Close()
			return nil, err
		}
		m.Quiet = true
		return explore.NewMachine(m, explore.MachineConfig{
			Properties: []explore.Property{&collector{s, p, ends}}, Locks: []uint64{s.k.Symbol("kprobe_lock")}, Interrupts: irqs,
		}), nil
	}
}

// neverEnds requires that a search under each text finds a run that cannot end.
// An engine's counts go up in it, so that its state does not come back: its
// property of livelocks knows.
func neverEnds(t *testing.T, name, code string, texts []text) {
	t.Run(name, func(t *testing.T) {
		p, err := assemble(name, code, false)
		require.NoError(t, err)
		for _, x := range texts {
			systems := x.systems(p, nil, map[string]bool{})
			r, err := explore.Search(context.Background(), func() (explore.System, error) {
				sys, err := systems()
				if err != nil {
					return nil, err
				}
				m := sys.(*explore.Machine)
				if g := m.Properties[0].(*collector).s.g; g != nil {
					m.Observe, m.Properties = g.Observe, []explore.Property{props.NewLivelock(g)}
				}
				return m, nil
			}, explore.Options{})
			require.NoError(t, err)
			require.NotNil(t, r.Found, x.name)
			require.Equal(t, explore.NoLivelock, r.Found.Violation.Property, x.name)
		}
	})
}

// collector is a property that nothing violates. It is asked to explain
// deadlocks, which it notes.
type collector struct {
	s    *side
	p    *program
	ends map[string]bool
}

func (*collector) Name() string                       { return "outcomes" }
func (*collector) Step(*emu.Event) *explore.Violation { return nil }
func (*collector) End() *explore.Violation            { return nil }

func (c *collector) Explain([]string) string {
	c.note(true)
	return ""
}

func (c *collector) note(deadlock bool) {
	c.ends[fmt.Sprintln("deadlock", deadlock)+strings.Join(c.s.ended(c.p, deadlock), "\n")] = true
}

// compare searches every pair under all texts: two vCPUs have the same outcomes
// over all schedules.
func (g *stage) compare(t *testing.T, texts []text) {
	p, err := g.program()
	require.NoError(t, err)
	for _, q := range g.pairs() {
		t.Run(q.name, func(t *testing.T) {
			t.Parallel()
			want, err := outcomes(texts[0], g.pair(p, q.parts), q.irqs)
			require.NoError(t, err)
			t.Logf("%d outcomes", len(want))
			for _, x := range texts[1:] {
				got, err := outcomes(x, g.pair(p, q.parts), q.irqs)
				require.NoError(t, err)
				require.Equal(t, want, got, x.name)
			}
		})
	}
}

// notice looks for a pair whose outcomes under x are not those under ours.
func (g *stage) notice(t *testing.T, ours, x text) {
	p, err := g.program()
	require.NoError(t, err)
	for _, q := range g.pairs() {
		want, err := outcomes(ours, g.pair(p, q.parts), q.irqs)
		require.NoError(t, err)
		got, err := outcomes(x, g.pair(p, q.parts), q.irqs)
		if err != nil || !slices.Equal(want, got) {
			t.Logf("noticed by %q", q.name)
			return
		}
	}
	t.Error("not noticed")
}

func texts2002(t *testing.T) []text {
	seed := seed2002(t)
	texts := ours2002()
	for _, o := range optimisations {
		img, err := seed.image(o)
		require.NoError(t, err)
		texts = append(texts, seedText("seed "+o, img))
	}
	return texts
}

func TestOutcomes2002(t *testing.T) { stage2002.compare(t, texts2002(t)) }

func TestLivelocks2002(t *testing.T) {
	const beside = "main1: incl %eax\nret\n"
	neverEnds(t, "a breakpoint on a breakpoint", "main: p0: int3\nret\n"+beside, texts2002(t))
	neverEnds(t, "a fault that is said to be mended", "main: p0: movl ABSENT,%eax\nret\nfault0: movl $1,%eax\nret\n"+beside, texts2002(t))
}

// racing2002 are changes of the seed's text that only another vCPU can notice.
var racing2002 = []mutation{
	{"the lock goes before the breakpoint is back", "post_kprobe_handler", `(rearm_kprobe\([^}]*)(unlock_kprobes\(\);)`, 0, "$2$1"},
	{"kprobe_cpu goes behind the lock", "unlock_kprobes", `(kprobe_cpu =[^;]*;)(\s*spin_unlock[^;]*;)`, 0, "$2$1"},
	{"a fault gives the lock up before the breakpoint is back", "kprobe_fault_handler", `(rearm_kprobe\([^}]*)(unlock_kprobes\(\);)`, 0, "$2$1"},
	{"the byte is looked at before the lock is left", "kprobe_handler", `(unlock_kprobes\(\);)([^{}]*return 1;)`, 0, "$2$1"},
	{"unregistering writes the byte without the lock", "unregister_kprobe", `(spin_lock_irq[^;]*;)(\s*\*p->addr =[^;]*;)`, 0, "$2$1"},
	{"registering writes the breakpoint without the lock", "register_kprobe", `(\*p->addr = BREAK[^;]*;)((?s:.*)spin_unlock_irq[^;]*;)`, 0, "$2$1"},
}

func TestOutcomesNoticeMutations2002(t *testing.T) {
	seed := seed2002(t)
	for _, m := range racing2002 {
		t.Run(m.name, func(t *testing.T) {
			img, err := seed.apply(t, m).image("-Og")
			require.NoError(t, err)
			stage2002.notice(t, ourText("2002", true), seedText("mutated", img))
		})
	}
}
