package scenario

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/rigs/enumerate"
	"trapline/internal/scenario/programworld"
	"trapline/internal/x86"
)

// naive is a program to search that tells its ends apart in its own way: by
// what each thread has in its registers right before the exit that it makes,
// and by the words that the threads share. It has a copy of that in every
// state, and its state hash has it.
type naive struct {
	*programworld.System
	exits map[int]string  // by thread
	seen  map[string]bool // ends: whether the property took them for violations
	t     *testing.T
}

type naiveSnapshot struct {
	explore.Snapshot
	exits map[int]string
}

func (n *naive) Snapshot() explore.Snapshot {
	return naiveSnapshot{n.System.Snapshot(), maps.Clone(n.exits)}
}

func (n *naive) Restore(s explore.Snapshot) {
	n.System.Restore(s.(naiveSnapshot).Snapshot)
	n.exits = maps.Clone(s.(naiveSnapshot).exits)
}

func (n *naive) Hash() explore.Fingerprint {
	var h emu.Hasher
	h.Fingerprint(n.System.Hash())
	h.String(n.text())
	return h.All()
}

func (n *naive) text() string {
	var b strings.Builder
	for _, tid := range slices.Sorted(maps.Keys(n.exits)) {
		fmt.Fprintf(&b, "thread %d: %s\n", tid, n.exits[tid])
	}
	return b.String()
}

// Step looks whether a thread is about to make the system call exit.
func (n *naive) Step(actor int) *explore.Step {
	k := n.World.Kernel
	t := k.Current(actor)
	exits, tid := "", 0
	if t != nil {
		var code [2]byte
		c := t.Core()
		if n.World.Peek(n.M.Look(), actor, c.RIP, code[:]); code == [2]byte{0x0f, 0x05} && c.GPR[x86.RAX] == 60 {
			r := c.GPR
			r[x86.RCX], r[x86.R11] = 0, 0
			exits, tid = fmt.Sprintf("%x %x at %x", r, c.RFLAGS&^x86.RF, c.RIP), t.TID
		}
	}
	st := n.System.Step(actor)
	if exits != "" && k.Current(actor) != t {
		n.exits[tid] = exits
	}
	return st
}

// End notes what the property says of this end.
func (n *naive) End() *explore.Violation {
	shared, ok := n.World.Symbols.Own.Lookup("word")
	require.True(n.t, ok)
	var words [16]byte
	n.World.Peek(n.M.Look(), 0, shared.Addr, words[:])
	end := fmt.Sprintf("%s%x %s", n.text(), words, n.World.Kernel.Result())
	v := n.System.End()
	if was, known := n.seen[end]; known {
		require.Equal(n.t, was, v != nil, "two judgements of one end: %s", end)
	}
	n.seen[end] = v != nil
	return nil
}

// naiveEnds runs every interleaving under an engine and gives the ends, and
// whether transparency took them for violations. oneByOne: not even equal states
// are taken for one.
func naiveEnds(t *testing.T, f *File, engine string, oneByOne bool) map[string]bool {
	seen := map[string]bool{}
	s, err := NewSystems(t.Context(), f, Options{Engine: engine})
	require.NoError(t, err)
	defer s.Close()
	made := func() (explore.System, error) {
		sys, err := s.New()
		if err != nil {
			return nil, err
		}
		return &naive{System: sys.(*programworld.System), exits: map[int]string{}, seen: seen, t: t}, nil
	}
	if !oneByOne {
		r, err := explore.Search(t.Context(), made, explore.Options{NoReduction: true})
		require.NoError(t, err)
		require.True(t, r.Exhausted, "%v", r.Verdict())
		return seen
	}
	sys, err := made()
	require.NoError(t, err)
	defer sys.Close()
	e := enumerate.Run(t.Context(), sys, 0)
	require.True(t, e.Complete)
	t.Logf("%s: %d interleavings, %d ends", engine, e.Executions, len(seen))
	return seen
}

// held compares what transparency says of each end under an engine with
// whether some interleaving without probes ends so (enumerated oneByOne, or
// searched without reduction), and the verdict of the real search with both. It
// returns how many ends there are of each sort.
func held(t *testing.T, text, engine string, oneByOne bool) (right, wrong int) {
	f, err := LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}}, "s.txtar")
	require.NoError(t, err)
	plain := naiveEnds(t, f, "none", oneByOne)
	for end, violated := range plain {
		require.False(t, violated, "without probes: %s\n%s", end, text)
	}
	for end, violated := range naiveEnds(t, f, engine, false) {
		_, can := plain[end]
		require.Equal(t, !can, violated, "%s: %s\nwithout probes:\n%v\n%s", engine, end, slices.Collect(maps.Keys(plain)), text)
		if can {
			right++
		} else {
			wrong++
		}
	}
	s, err := NewSystems(t.Context(), f, Options{Engine: engine})
	require.NoError(t, err)
	defer s.Close()
	r, err := explore.Search(t.Context(), s.New, explore.Options{})
	require.NoError(t, err)
	require.Equal(t, wrong > 0, r.Found != nil, "%v\n%s", r.Verdict(), text)
	require.Equal(t, wrong == 0, r.Exhausted)
	return right, wrong
}

// acts are what a thread of a generated program does before it ends. A probe
// on pushf shows; no other does, where the engine is right.
var acts = []string{
	"movl word, %ebx", "incl word", "movl $1, word+4", "movl word+4, %r9d", "pushq $5", "leal 3(%rbx), %r10d", "pushfq\npopq %r8",
	"movl word, %ebx\nincl %ebx\nmovl %ebx, word",
}

// twoThreads is a program of two threads with a probe in one of them.
// handler is what the probe's handler does.
func twoThreads(first, second, handler string) string {
	exit := "movl $60, %eax\nsyscall\n"
	at := "-- uprobe_events --\np:target /prog:target\n"
	if handler != "" {
		at = "-- probes --\nbroken at target\n\tpre " + handler + "\n"
	}
	return "Generated.\n-- machine --\narch x86_64\ncpus 2\nmemory 1M\nengine uprobes\n-- linux --\n-- text.S --\n\t.globl _start, target, word\n_start:\n" +
		"movl $56, %eax\nmovl $0x50f00, %edi\nmovl $stack, %esi\nsyscall\ntestl %eax, %eax\njz second\n" + first + "\n" + exit +
		"second:\n" + second + "\n" + exit + ".bss\nword: .skip 64\nstack:\n" + at + "-- check --\ntransparency\n"
}

// probed puts the probe on the first instruction of what a thread does.
func probed(act string) string { return "target:\n" + act }

// S4: what transparency says is what a plain enumeration of the unprobed program
// says, of ends that differ in a register of one thread alone too.
func TestS4TransparencyIsThatOfAnEnumeration(t *testing.T) {
	held(t, twoThreads(probed("movl word, %ebx"), "incl word", ""), "uprobes", true)
}

// S4: the same of generated programs, with states compared, under every engine.
func TestS4TransparencyOfGeneratedPrograms(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 4))
	act := func() string { return acts[r.IntN(len(acts))] }
	held1, violated := 0, 0
	for i := range 12 {
		first, second := act(), act()
		if i%2 == 0 {
			first = probed(first)
		} else {
			second = probed(second)
		}
		engine := []string{"uprobes", "uprobes-inline", "uprobes-2005", "uprobes"}[i%4]
		right, wrong := held(t, twoThreads(first, second, ""), engine, false)
		held1 += right
		violated += wrong
	}
	t.Logf("%d ends held, %d were violations", held1, violated)
	require.Positive(t, held1)
	require.Positive(t, violated)
}

// S4: a probe that spoils a register of a thread is noticed, whichever thread
// it is and whichever ends last; so is one that leaves TF.
func TestS4BrokenProbesAreNoticed(t *testing.T) {
	for _, handler := range []string{"set %rbp 9", "set %r15 %r15+1", "set u32[word+8] 1"} {
		for _, text := range []string{
			twoThreads(probed("leal 3(%rbx), %r10d"), "incl word", handler),
			twoThreads("incl word", probed("leal 3(%rbx), %r10d"), handler),
		} {
			right, wrong := held(t, text, "uprobes", false)
			require.Zero(t, right, text)
			require.Positive(t, wrong, text)
		}
	}
}
