package scenario_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/rigs/enumerate"
	"trapline/internal/scenario"
)

// parsed is a scenario of a text.
func parsed(t *testing.T, text string) *scenario.File {
	t.Helper()
	f, err := scenario.LoadFS(fstest.MapFS{"s.txtar": {Data: []byte(text)}}, "s.txtar")
	require.NoError(t, err)
	return f
}

// apart is a scenario whose vCPUs touch nothing that the other one does.
const apart = `Two vCPUs that do not touch what the other one does

-- machine --
arch i386
cpus 2
engine modern
-- text.S --
first:	nop
	movl $1, one
	ret
second:	nop
	movl $1, two
	ret
	.data
one:	.long 0
	.skip 60
two:	.long 0
-- tasks --
cpu 0 at first
cpu 1 at second
-- check --
no-unhandled-trap
`

// writes says whether a step writes to a symbol.
func writes(v *scenario.View, ev *emu.Event, symbol string) bool {
	at, err := v.Eval(symbol)
	for i := range ev.Writes {
		if err == nil && ev.Writes[i].Addr == at {
			return true
		}
	}
	return false
}

// before is a property that a schedule violates if it writes b before a. It
// remembers with a word of its state that a was written.
func before(a, b string) scenario.Property {
	return scenario.Property{Name: "in-order", Words: 1, Step: func(v *scenario.View, ev *emu.Event) string {
		switch {
		case writes(v, ev, a):
			v.Set(0, 1)
		case writes(v, ev, b) && v.Get(0) == 0:
			return b + " was written before " + a
		}
		return ""
	}}
}

// TestV2StateOfAProperty: steps that do not depend on each other but for a word
// of a property's state are tried in both orders, as an enumeration of every
// schedule does.
func TestV2StateOfAProperty(t *testing.T) {
	for _, order := range [][2]string{{"one", "two"}, {"two", "one"}} {
		f := parsed(t, apart)
		require.NoError(t, f.AddProperty(before(order[0], order[1])))
		s, err := scenario.NewSystems(t.Context(), f, scenario.Options{})
		require.NoError(t, err)
		sys, err := s.New()
		require.NoError(t, err)
		every := enumerate.Run(t.Context(), sys, 0)
		sys.Close()
		s.Close()
		require.True(t, every.Complete)
		require.Positive(t, every.Violations["in-order"])
		require.Positive(t, len(every.Outcomes), "some schedules hold")
		for _, jobs := range []int{1, 2} {
			x, err := scenario.Search{Options: explore.Options{Jobs: jobs}}.Do(t.Context(), f)
			require.NoError(t, err)
			require.NotNil(t, x.Found, "%v", x.Verdict())
			require.Equal(t, "in-order", x.Violation.Property)
		}
	}
}

// alike are two vCPUs that run the same code.
const alike = `Two vCPUs that run the same code, for a property that tells them apart

-- machine --
arch i386
cpus 2
engine modern
-- text.S --
main:	lock incl turn
	ret
	.data
turn:	.long 0
-- tasks --
cpu 0 at main
cpu 1 at main
-- check --
no-unhandled-trap
`

// TestV2EqualCPUsThatGoTellsApart: a property in Go may ask which vCPU it was,
// whatever else is equal, and keep the answer.
func TestV2EqualCPUsThatGoTellsApart(t *testing.T) {
	search := func(f *scenario.File) *scenario.Searched {
		x, err := scenario.Search{Options: explore.Options{EqualPairs: true}}.Do(t.Context(), f)
		require.NoError(t, err)
		return x
	}
	require.Equal(t, []int{2}, search(parsed(t, alike)).Verdict().Equal)
	for cpu := range 2 {
		f := parsed(t, alike)
		require.NoError(t, f.AddProperty(scenario.Property{
			Name: "not-first", Words: 1,
			Step: func(v *scenario.View, ev *emu.Event) string {
				if writes(v, ev, "turn") && ev.Writes[0].New == 1 {
					v.Set(0, uint64(ev.CPU))
				}
				return ""
			},
			End: func(v *scenario.View) string {
				if v.Get(0) == uint64(cpu) {
					return fmt.Sprintf("cpu%d was first", cpu)
				}
				return ""
			},
		}))
		x := search(f)
		require.NotNil(t, x.Found, "cpu%d: %v", cpu, x.Verdict())
	}
}

// probed is a scenario of a loop with a probe, which two vCPUs run.
const probed = `A handler in Go in the place of the actions that the file has

-- machine --
arch i386
cpus 2
engine 2002
-- text.S --
	.globl main, target
main:	movl $1, %%eax
	call target
	movl %%eax, seen
	ret
target:	addl $5, %%eax
	ret
	.data
seen:	.long 0
-- probes --
p at target
	pre %s
	post %s
-- tasks --
cpu 0 at main
cpu 1 at main
-- check --
finally seen-twelve: u32[seen]==12
`

// TestHandlersInGoAreThoseOfTheFile: the same actions, written in the file and in
// Go, make the same run, and searches that agree.
func TestHandlersInGoAreThoseOfTheFile(t *testing.T) {
	text := fmt.Sprintf(probed, "set %eax %eax+6", "print \"sum\" %eax")
	for _, engine := range []string{"2002", "2005", "modern"} {
		inFile, inGo := parsed(t, text), parsed(t, fmt.Sprintf(probed, "none", "none"))
		require.NoError(t, inGo.Handle("p", "pre", func(h *scenario.Hit) {
			eax, err := h.Eval("%eax")
			require.NoError(t, err)
			require.NoError(t, h.Set("%eax", eax+6))
		}))
		require.NoError(t, inGo.Handle("p", "post", func(h *scenario.Hit) {
			eax, err := h.Eval("%eax")
			require.NoError(t, err)
			h.Log(fmt.Sprintf("sum %%eax=%#x", eax))
		}))
		var logs, ends [2]string
		var found [2]*scenario.Searched
		for i, f := range []*scenario.File{inFile, inGo} {
			r, err := scenario.Open(t.Context(), f, scenario.Options{Engine: engine})
			require.NoError(t, err)
			require.NoError(t, r.Finish(t.Context(), nil))
			logs[i], ends[i] = fmt.Sprint(r.Log()), fmt.Sprint(r.Machine.Hash(false), r.Steps(), r.ProbeEnds())
			r.Close()
			found[i], err = scenario.Search{Engine: engine}.Do(t.Context(), f)
			require.NoError(t, err)
		}
		require.Contains(t, logs[0], "sum %eax=0xc")
		require.Equal(t, logs[0], logs[1])
		require.Equal(t, ends[0], ends[1])
		require.Equal(t, found[0].Found == nil, found[1].Found == nil)
		require.Equal(t, found[0].Violation, found[1].Violation)
	}
}

// TestHandlersInGoAreOfTheSchedule: a schedule found without a handler in Go is
// none with it; a property changes nothing.
func TestHandlersInGoAreOfTheSchedule(t *testing.T) {
	sum := func(handler, property bool) string {
		f := parsed(t, fmt.Sprintf(probed, "none", "none"))
		if handler {
			require.NoError(t, f.Handle("p", "pre", func(*scenario.Hit) {}))
		}
		if property {
			require.NoError(t, f.AddProperty(before("seen", "seen")))
		}
		r := open(t, f, scenario.Options{})
		return fmt.Sprint(r.Checksum())
	}
	require.Equal(t, sum(false, false), sum(false, true))
	require.NotEqual(t, sum(false, false), sum(true, false))
}

// onceOrTwice leads to states that differ in a probe's counts alone.
const onceOrTwice = `One hit or two, and nothing else tells them apart

-- machine --
arch i386
cpus 2
engine 2005
-- text.S --
main:	call f
	cmpl $0, flag
	jne 1f
	call f
1:	xorl %eax, %eax
	ret
f:	nop
	ret
other:	movl $1, flag
	ret
	.data
flag:	.long 0
-- probes --
q at f
-- tasks --
cpu 0 at main
cpu 1 at other
-- check --
no-unhandled-trap
`

// TestV2CountsThatGoAsksFor: what probes have counted is state where a property
// in Go may ask for it.
func TestV2CountsThatGoAsksFor(t *testing.T) {
	for _, other := range []uint64{1, 2} {
		f := parsed(t, onceOrTwice)
		require.NoError(t, f.AddProperty(scenario.Property{Name: "always-hit", End: func(v *scenario.View) string {
			if n, err := v.Eval("hits(q)"); err != nil || n == other {
				return fmt.Sprint(n, " hits ", err)
			}
			return ""
		}}))
		x, err := scenario.Search{}.Do(t.Context(), f)
		require.NoError(t, err)
		require.NotNil(t, x.Found, "%d hits: %v", other, x.Verdict())
		require.Equal(t, "always-hit", x.Violation.Property)
	}
}

// TestV5WhatGoReadsNeedsTheText: a property that judges steps has the kernel's text
// searched, as a condition on registers has; one that judges the end has not.
func TestV5WhatGoReadsNeedsTheText(t *testing.T) {
	eval := func(text string) func(*scenario.View) string {
		return func(v *scenario.View) string {
			_, err := v.Eval(text)
			require.NoError(t, err)
			return ""
		}
	}
	judged := func(do func(*scenario.View) string) func(*scenario.View, *emu.Event) string {
		return func(v *scenario.View, _ *emu.Event) string { return do(v) }
	}
	for want, p := range map[string]scenario.Property{
		"property x judges steps": {Step: judged(eval("u32[seen]"))},
		"":                        {End: eval("%eax")},
	} {
		f := parsed(t, fmt.Sprintf(probed, "set %eax %eax+6", "count"))
		p.Name = "x"
		require.NoError(t, f.AddProperty(p))
		x, err := scenario.Search{Engine: "modern"}.Do(t.Context(), f)
		require.NoError(t, err)
		require.Equal(t, want, x.KernelText)
		require.Equal(t, want == "", x.Options.Direct)
		require.True(t, x.Verdict().Exhausted, "%v", x.Verdict())
	}
}

// TestGoCodeIsNotCertified: an exhausted search says of x86-TSO what it says of
// the file's own conditions only.
func TestGoCodeIsNotCertified(t *testing.T) {
	for inGo := range 2 {
		f := parsed(t, apart)
		if inGo == 1 {
			require.NoError(t, f.AddProperty(scenario.Property{Name: "x", End: func(*scenario.View) string { return "" }}))
		}
		x, err := scenario.Search{}.Do(t.Context(), f)
		require.NoError(t, err)
		require.True(t, x.Verdict().Exhausted)
		require.Equal(t, inGo == 1, x.TSO == "", x.TSO)
	}
}

// TestGoCodeThatCannotBe: what cannot be judged or called is refused.
func TestGoCodeThatCannotBe(t *testing.T) {
	f := parsed(t, fmt.Sprintf(probed, "none", "none"))
	step := func(*scenario.View, *emu.Event) string { return "" }
	nothing := func(*scenario.Hit) {}
	for want, err := range map[string]error{
		"no probe":                f.Handle("q", "pre", nothing),
		"no handler \"ret\"":      f.Handle("p", "ret", nothing),
		"is nil":                  f.Handle("p", "pre", nil),
		"expected a name":         f.AddProperty(scenario.Property{Name: "no-missed-probe", Step: step}),
		"has 65 words":            f.AddProperty(scenario.Property{Name: "x", Words: 65, Step: step}),
		"expected Step or End":    f.AddProperty(scenario.Property{Name: "x"}),
		"a property named \"\"":   f.AddProperty(scenario.Property{Step: step}),
		"a property named \"x1\"": second(f, scenario.Property{Name: "x1", Step: step}),
	} {
		require.ErrorContains(t, err, want)
	}
	tso, err := f.With(map[string][]byte{"machine": []byte("arch i386\ncpus 2\nmemory-model tso\n")})
	require.NoError(t, err)
	_, err = scenario.Search{}.Do(t.Context(), tso)
	require.ErrorIs(t, err, scenario.ErrNotPossible)
}

// TestAChangedFileHasGoCodeOfItsOwn: it begins with that of the file, and what is
// added to it is not the file's.
func TestAChangedFileHasGoCodeOfItsOwn(t *testing.T) {
	f := parsed(t, fmt.Sprintf(probed, "none", "none"))
	sum := func(f *scenario.File) string { return fmt.Sprint(open(t, f, scenario.Options{}).Checksum()) }
	plain := sum(f)
	require.NoError(t, f.Handle("p", "pre", func(*scenario.Hit) {}))
	handled := sum(f)
	require.NotEqual(t, plain, handled)
	again, err := f.With(nil)
	require.NoError(t, err)
	require.Equal(t, handled, sum(again))
	require.NoError(t, again.Handle("p", "post", func(*scenario.Hit) {}))
	require.NotEqual(t, handled, sum(again))
	require.Equal(t, handled, sum(f))
}

func second(f *scenario.File, p scenario.Property) error {
	if err := f.AddProperty(p); err != nil {
		return err
	}
	return f.AddProperty(p)
}
