package scenario_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/explore"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// storeBuffered is a program of two threads that store to one word and load the other, with something between.
func storeBuffered(between, other string) string {
	return `Stores and loads.
-- machine --
arch x86_64
cpus 2
memory 1M
engine uprobes
-- text.S --
	.globl _start, target
_start:
	lock addl $0, x
	movl $56, %eax
	movl $0x50f00, %edi
	movl $stack, %esi
	syscall
	movl %eax, %r15d
	testl %eax, %eax
	jz other
	movl $1, x
	` + between + `
	movl y, %ebx
	movl %ebx, r0
	movl $60, %eax
	syscall
other:
	movl $1, y
	` + other + `
	movl x, %ebx
	movl %ebx, r1
	movl $60, %eax
	syscall
	.type target, @function
target:
	nop
	ret
	.data
x:	.quad 0
y:	.quad 0
z:	.quad 0
r0:	.quad 7
r1:	.quad 7
	.balign 8
on_signal: .quad handler, 0x4000000, restorer, 0
	.text
handler: ret
restorer: movl $15, %eax
	syscall
	.bss
	.balign 4096
fresh:	.skip 4096
	.skip 512
stack:	.skip 64
-- uprobe_events --
p:target /prog:target
-- check --
finally not-both: u32[r0] + u32[r1] != 0
`
}

// system is a system call of x86-64.
func system(number int, args ...string) string {
	s := fmt.Sprintf("movl $%d, %%eax\n", number)
	for i, a := range args {
		s += fmt.Sprintf("movl %s, %%%s\n", a, []string{"edi", "esi", "edx", "r10d"}[i])
	}
	return s + "syscall"
}

// T2: what empties a thread's store buffer on the way through the kernel, and what does not.
func TestT2WhatDrainsAProgramsStores(t *testing.T) {
	getpid, write, yield := system(39), system(1, "$1", "$x", "$1"), system(24)
	for _, x := range []struct {
		name, between, other string
		allowed              bool
	}{
		{"nothing", "", "", true},
		{"getpid", getpid, getpid, true},
		{"getpid through a gate", "movl $20, %eax\nint $0x80", "movl $20, %eax\nint $0x80", false},
		{"write", write, write, false},
		{"sched_yield", yield, yield, false},
		{"write on one side", write, "", true},
		{"membarrier on one side", system(324, "$1", "$0", "$0"), "", false}, // MEMBARRIER_CMD_GLOBAL, which nobody has to register for
		{"munmap of another page on one side", system(11, "$fresh", "$4096"), "", false},
		{"a signal to itself", system(13, "$10", "$on_signal", "$0", "$8") + "\n" + system(39) + "\nmovl %eax, %edi\n" + "movl $10, %esi\nmovl $62, %eax\nsyscall", write, false},
		{"a probe's hit", "call target", "call target", false},
		{"a probe's hit on one side", "call target", "", true},
		{"lock", "lock incl z", "lock incl z", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			f := parse(t, storeBuffered(x.between, x.other))
			found, err := scenario.Search{}.Do(t.Context(), f)
			require.NoError(t, err)
			require.Nil(t, found.Found)
			require.True(t, found.Exhausted)
			certified := strings.Contains(found.TSO, "the same holds")
			require.False(t, certified && x.allowed, found.TSO)
			f.Machine.StoreBuffer = 2
			found, err = scenario.Search{}.Do(t.Context(), f)
			require.NoError(t, err)
			if require.Equal(t, x.allowed, found.Found != nil, "%v", found.Verdict()); !x.allowed {
				require.True(t, found.Exhausted)
				return
			}
			replays(t, f, found)
		})
	}
}

// T3: threads lose an update between the load and the store of an instruction without LOCK, where one is asked for.
func TestT3ProgramsLoseUpdates(t *testing.T) {
	text := strings.Replace(strings.NewReplacer("movl $1, x", "", "movl $1, y", "").Replace(storeBuffered("incl z", "incl z")), "finally not-both: u32[r0] + u32[r1] != 0", "finally both: u32[z] == 2", 1)
	for _, x := range []struct {
		text         string
		stores       int
		split, loses bool
	}{
		{text, 0, false, false}, {text, 0, true, true}, {text, 2, false, true},
		{strings.ReplaceAll(text, "incl z", "lock incl z"), 2, true, false},
	} {
		f := parse(t, x.text)
		f.Machine.StoreBuffer, f.Machine.SplitRMW = x.stores, x.split
		found, err := scenario.Search{}.Do(t.Context(), f)
		require.NoError(t, err)
		if require.Equal(t, x.loses, found.Found != nil, "%+v", x); x.loses {
			replays(t, f, found)
		} else {
			require.True(t, found.Exhausted)
			if x.stores == 0 {
				require.Contains(t, found.TSO, "cpu0 loads and stores at _start+")
				require.Contains(t, found.TSO, " without LOCK, between which comes what cpu1 writes at ")
			}
		}
	}
}

// replays runs what a search has found.
func replays(t *testing.T, f *scenario.File, found *scenario.Searched) {
	r, err := scenario.Open(t.Context(), f, found.Options)
	require.NoError(t, err)
	defer r.Close()
	s, err := r.ParseSchedule(found.Schedule())
	require.NoError(t, err)
	require.NoError(t, r.Follow(t.Context(), sched.NewReplay(s), nil))
	require.NotEmpty(t, r.Violations())
}

// orderDeeds are what threads do to words that the others use, and what of the kernel is between.
var orderDeeds = []string{
	"movl $1, word\nmovl other, %eax\nmovl %eax, seen", "movl $1, other\nmovl word, %eax\nmovl %eax, seen+4", "lock incl word", "incl word", "call target",
	"movl $1, page\nmovl word, %eax", "movl $39, %eax\nsyscall", "movl $11, %eax\nmovl $page, %edi\nmovl $4096, %esi\nsyscall",
	"movl $1, %eax\nmovl $1, %edi\nmovl $word, %esi\nmovl $1, %edx\nsyscall", "movl $231, %eax\nmovl other, %edi\nsyscall",
	"movl $324, %eax\nmovl $8, %edi\nsyscall", "movl $228, %eax\nmovl $-1, %edi\nmovl $word, %esi\nsyscall",
}

// orderedPrograms are like generated ones, of two threads.
func orderedPrograms(n int) (programs []string) {
	r := rand.New(rand.NewPCG(17, 2))
	deed := func() string { return orderDeeds[r.IntN(len(orderDeeds))] }
	for i := range n {
		threads := [][]string{{deed()}, {deed()}}
		switch i % 4 {
		case 0, 2:
			threads[0], threads[1] = []string{orderDeeds[0]}, append(threads[1], orderDeeds[1])
		case 1:
			threads[1] = []string{"lock incl word"}
		case 3:
			locked := []string{"lock incl word", system(1, "$1", "$word", "$1"), system(11, "$page", "$4096"), "call target"}
			threads = [][]string{{"lock incl word"}, {locked[i/4%len(locked)]}}
		}
		text := strings.Replace(threaded(threads), "word: .skip 4096", "word: .skip 64\nother: .skip 64\nseen: .skip 3968", 1)
		programs = append(programs, text)
	}
	return programs
}

// outcomesUnder is what every schedule of a program can end in, with so many stores in a buffer.
func outcomesUnder(t *testing.T, f *scenario.File, stores int, o explore.Options) *explore.Report {
	f.Machine.StoreBuffer = stores
	s, err := scenario.NewSystems(t.Context(), f, scenario.Options{})
	require.NoError(t, err)
	defer s.Close()
	o.KeepOutcomes = true
	r, err := explore.Search(t.Context(), s.New, o)
	require.NoError(t, err)
	require.Nil(t, r.Found)
	return r
}

// T1, T2: programs under store buffers end as a search says that asks everywhere, and if they are certified as in
// sequentially consistent memory.
func TestT2ProgramsEndAsWithoutReduction(t *testing.T) {
	certified, more := 0, 0
	for i, text := range orderedPrograms(16) {
		f := parse(t, text)
		sc := outcomesUnder(t, f, 0, explore.Options{Certify: true})
		require.True(t, sc.Exhausted)
		tso := outcomesUnder(t, f, 2, explore.Options{})
		require.True(t, tso.Exhausted)
		every := outcomesUnder(t, f, 2, explore.Options{NoReduction: true, Bounds: explore.Bounds{States: 4000}})
		t.Logf("program %d: %d and %d ends, %d states of %d, certificate %+v", i, len(sc.Outcomes), len(tso.Outcomes), tso.States, every.States, sc.Certificate)
		if every.Exhausted {
			require.Equal(t, every.Outcomes, tso.Outcomes, "program %d:\n%s", i, text)
		} else {
			require.Subset(t, tso.Outcomes, every.Outcomes)
		}
		require.Subset(t, tso.Outcomes, sc.Outcomes)
		if sc.Certificate.Given {
			certified++
			require.Equal(t, sc.Outcomes, tso.Outcomes, "program %d:\n%s", i, text)
		}
		if len(tso.Outcomes) > len(sc.Outcomes) {
			more++
		}
	}
	require.Greater(t, certified, 1)
	require.Greater(t, more, 3)
}
