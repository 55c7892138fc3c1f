package judge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/emu/explore"
	"trapline/kprobes"
	"trapline/traps"
)

// shared is the code that two vCPUs meet in: functions with probes, registered
// (pN) or not yet (sN), and handlers that count. What is behind the first byte
// of a probed instruction runs too: it does no harm.
const shared = `
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
pre9:	kernel UNREGISTER, P0
	ret
`

// part is what one vCPU does, in ring 0 or 3.
type part struct {
	name string
	code string
	ring int
}

var parts = []part{
	{"hits", "call f0\nret\n", 0},
	{"hits a long instruction", "call f1\nret\n", 0},
	{"hits inside a hit", "call f2\nret\n", 0},
	{"hits inside a post-handler", "call f8\nret\n", 0},
	{"hits with interrupts off", "cli\ncall f0\nsti\nret\n", 0},
	{"hits twice", "call f0\ncall f0\nret\n", 0},
	{"unregisters", "kernel UNREGISTER, P0\nret\n", 0},
	{"unregisters at a long instruction", "kernel UNREGISTER, P1\nret\n", 0},
	{"registers", "kernel REGISTER, P3\nret\n", 0},
	{"runs what may be registered", "call f3\nret\n", 0},
	{"unregisters and registers", "kernel UNREGISTER, P0\nkernel REGISTER, P0\nret\n", 0},
	{"registers a second one", "kernel REGISTER, P4\nret\n", 0},
	{"faults in a step", "call f5\nret\n", 0},
	{"faults in a post-handler", "call f6\nret\n", 0},
	{"has an int3 in a handler", "call f7\nret\n", 0},
	{"unregisters in a handler", "call f9\nret\n", 0},
	{"registers and unregisters", "kernel REGISTER, P3\nkernel UNREGISTER, P3\nret\n", 0},
	{"registers and hits", "kernel REGISTER, P3\ncall f3\nret\n", 0},
	{"writes over a breakpoint", "movb $0x40,f0\nret\n", 0},
	{"has an int3", "int3\nret\n", 0},
	{"has an int3 in ring 3", "int3\nEXIT\n", 3},
	{"has an int 3 in ring 3", ".byte 0xcd,3\nEXIT\n", 3},
}

// pair is two parts run side by side, and an interrupt of vCPU 0 at any time.
type pair struct {
	name  string
	parts [2]int
	irqs  []explore.Interrupt
}

// interrupted is how many of the parts are combined with an interrupt too.
const interrupted = 8

func pairs() []pair {
	var list []pair
	for i, a := range parts {
		for j, b := range parts[i:] {
			list = append(list, pair{a.name + " / " + b.name, [2]int{i, i + j}, nil})
		}
	}
	for i, a := range parts[:interrupted] {
		for name, vec := range map[string]uint8{"timer": 0x20, "NMI": emu.VecNMI} {
			list = append(list, pair{a.name + " / unregisters, " + name, [2]int{i, 6}, []explore.Interrupt{{CPU: 0, Vector: vec}}})
		}
	}
	return list
}

// allParts is a program with every part.
func allParts() (*program, error) {
	text := shared
	for i, p := range parts {
		section := ".text"
		if p.ring == 3 {
			section = ".data"
		}
		text += fmt.Sprintf("%s\npart%d:\n%s", section, i, p.code)
	}
	return assemble("parts", text, false)
}

// pair is the program with two of its parts.
func (p *program) pair(of [2]int) *program {
	q := *p
	q.labels = maps.Clone(p.labels)
	for cpu, suffix := range []string{"", "1"} {
		start := map[int]string{0: "main", 3: "user"}[parts[of[cpu]].ring] + suffix
		q.labels[start] = p.labels[fmt.Sprint("part", of[cpu])]
	}
	return &q
}

// outcomes are the ends of all schedules of two vCPUs, as texts. A deadlock is
// one too.
func outcomes(x text, p *program, irqs []explore.Interrupt) ([]string, error) {
	ends := map[string]bool{}
	factory := func() (explore.System, error) {
		m, err := emu.New(emu.Config{Arch: emu.I386, CPUs: 2, Memory: 2 << 20})
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
	r, err := explore.Search(context.Background(), factory, explore.Options{
		EveryEnd: true, AtEnd: func(s explore.System) { s.(*explore.Machine).Properties[0].(*collector).note(false) },
	})
	if err == nil && !r.Exhausted {
		err = fmt.Errorf("%s: not exhausted: %v", x.name, r.Verdict())
	}
	return slices.Sorted(maps.Keys(ends)), err
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

// TestOutcomes2002: two vCPUs have the same outcomes over all schedules.
func TestOutcomes2002(t *testing.T) {
	seed := seed2002(t)
	texts := ours2002()
	for _, o := range optimisations {
		img, err := seed.image(o)
		require.NoError(t, err)
		texts = append(texts, seedText("seed "+o, img))
	}
	p, err := allParts()
	require.NoError(t, err)
	for _, q := range pairs() {
		t.Run(q.name, func(t *testing.T) {
			want, err := outcomes(texts[0], p.pair(q.parts), q.irqs)
			require.NoError(t, err)
			t.Logf("%d outcomes", len(want))
			for _, x := range texts[1:] {
				got, err := outcomes(x, p.pair(q.parts), q.irqs)
				require.NoError(t, err)
				require.Equal(t, want, got, x.name)
			}
		})
	}
}

// racing are changes of the seed's text that only another vCPU can notice.
var racing = []mutation{
	{"the lock goes before the breakpoint is back", "post_kprobe_handler", `(rearm_kprobe\([^}]*)(unlock_kprobes\(\);)`, 0, "$2$1"},
	{"kprobe_cpu goes behind the lock", "unlock_kprobes", `(kprobe_cpu =[^;]*;)(\s*spin_unlock[^;]*;)`, 0, "$2$1"},
	{"a fault gives the lock up before the breakpoint is back", "kprobe_fault_handler", `(rearm_kprobe\([^}]*)(unlock_kprobes\(\);)`, 0, "$2$1"},
	{"the byte is looked at before the lock is left", "kprobe_handler", `(unlock_kprobes\(\);)([^{}]*return 1;)`, 0, "$2$1"},
	{"unregistering writes the byte without the lock", "unregister_kprobe", `(spin_lock_irq[^;]*;)(\s*\*p->addr =[^;]*;)`, 0, "$2$1"},
	{"registering writes the breakpoint without the lock", "register_kprobe", `(\*p->addr = BREAK[^;]*;)((?s:.*)spin_unlock_irq[^;]*;)`, 0, "$2$1"},
}

func TestOutcomesNoticeMutations2002(t *testing.T) {
	seed := seed2002(t)
	p, err := allParts()
	require.NoError(t, err)
	ours := ourText(kprobes.Engine2002, true)
	for _, m := range racing {
		t.Run(m.name, func(t *testing.T) {
			img, err := seed.apply(t, m).image("-Og")
			require.NoError(t, err)
			for _, q := range pairs() {
				want, err := outcomes(ours, p.pair(q.parts), q.irqs)
				require.NoError(t, err)
				got, err := outcomes(seedText("mutated", img), p.pair(q.parts), q.irqs)
				if err != nil || !slices.Equal(want, got) {
					t.Logf("noticed by %q", q.name)
					return
				}
			}
			t.Error("not noticed")
		})
	}
}
