package scenario

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/sched"
)

// asksForText are changes to first-probe whose outcome micro-steps do not have, with
// what the search says of why it went through the text.
var asksForText = map[string]struct{ old, instead, why string }{
	"a probe on the way of a hit": {"-- tasks --\n", "prober at do_int3\n-- tasks --\n", "probe prober lies on kernel text"},
	"an interrupt there": {"-- check --\n", "-- interrupts --\nnmi cpu 0 at kprobe_handler\n-- check --\n",
		"an interrupt comes at a place of kernel text (kprobe_handler)"},
	"a condition on its place":     {"-- check --\n", "-- check --\nnever there: %eip == kprobe_handler\n", "condition there reads registers"},
	"a condition on its registers": {"-- check --\n", "-- check --\nalways shallow: %esp > 0xc0303f00\n", "condition shallow reads registers"},
	"a watchpoint on what the kernel writes": {"main:\n", "main:\n\tmovl $target, %eax\n\tmovl %eax, %dr0\n\tmovl $0x10001, %eax\n\tmovl %eax, %dr7\n",
		"a breakpoint register is on while the kernel works"},
	"a word of a kernel stack": {"-- check --\n", "-- check --\nnever there: u32[0xc0303fc0] == 0xdeadbeef\n", "condition there reads a kernel stack"},
	"a hlt in the handler":     {"main:\n", "main:\n\tmovl $DO_INT3, %eax\n\tmovb $0xf4, (%eax)\n", "kernel text is written to"},
}

// TestWhatOnlyTextShowsIsSearchedThere: of such a scenario explore says what a search
// of the text says, why it went there, and where it finds something a plain run shows it.
func TestWhatOnlyTextShowsIsSearchedThere(t *testing.T) {
	first, err := Load("first-probe")
	require.NoError(t, err)
	of, err := Open(context.Background(), first, Options{})
	require.NoError(t, err)
	defer of.Close()
	handler := kernelOf(of).Kernel.Symbol("do_int3")
	for name, c := range asksForText {
		t.Run(name, func(t *testing.T) {
			text := string(first.Bytes())
			require.Contains(t, text, c.old)
			text = strings.Replace(text, c.old, strings.Replace(c.instead, "DO_INT3", fmt.Sprintf("%#x", handler), 1), 1)
			text = strings.Replace(text, "never preempted-in-trap: held(kprobe_lock) && %IF\n", "", 1)
			if strings.Contains(c.instead, "main:") {
				text = text[:strings.Index(text, "-- text.lst --")] + text[strings.Index(text, "-- probes --"):]
			}
			parsed, err := format.Parse("t.txtar", []byte(text))
			require.NoError(t, err)
			f := &File{File: parsed}
			asked, err := Search{}.Do(context.Background(), f)
			require.NoError(t, err)
			through, err := Search{KernelText: true}.Do(context.Background(), f)
			require.NoError(t, err)
			require.Contains(t, asked.KernelText, c.why)
			require.Empty(t, through.KernelText)
			require.Equal(t, through.Verdict(), asked.Verdict())
			require.Equal(t, through.Violations, asked.Violations)
			require.Equal(t, through.Steps, asked.Steps)

			r, err := Open(context.Background(), f, Options{})
			require.NoError(t, err)
			defer r.Close()
			require.NoError(t, r.Finish(context.Background(), nil))
			require.Equal(t, len(r.Violations()) > 0, asked.Found != nil)
		})
	}
	plain := strings.Replace(string(first.Bytes()), "never preempted-in-trap: held(kprobe_lock) && %IF\n", "never locked-twice: held(kprobe_lock) && !held(kprobe_lock)\n", 1)
	parsed, err := format.Parse("t.txtar", []byte(plain))
	require.NoError(t, err)
	asked, err := Search{}.Do(context.Background(), &File{File: parsed})
	require.NoError(t, err)
	require.Empty(t, asked.KernelText, "micro-steps do where nobody looks closer")
}

// A schedule that register-self-deadlock had while its search went by micro-steps is
// refused with the reason.
func TestSchedulesOfMicroStepsThatHideAProbeAreRefused(t *testing.T) {
	f, err := Load("register-self-deadlock")
	require.NoError(t, err)
	for _, old := range []struct{ engine, schedule string }{{"2002", "t2.d6e0d3.0x35"}, {"2005", "t2.fac9d4.0x38"}} {
		_, _, err = OpenScheduled(context.Background(), f, Options{Engine: old.engine}, old.schedule)
		require.ErrorIs(t, err, ErrBadSchedule)
		require.ErrorContains(t, err, "because probe inside lies on kernel text: search again")
	}
	_, _, err = OpenScheduled(context.Background(), f, Options{}, "t2.123456.0x86,1")
	require.ErrorIs(t, err, sched.ErrOtherScenario)
}

// A property in Go sees each instruction of the kernel's in a search, as in a run.
func TestGoPropertiesSeeKernelText(t *testing.T) {
	f, err := Load("smp-missed-probe")
	require.NoError(t, err)
	f.Check, f.HasCheck, f.Steps = nil, true, nil
	require.NoError(t, f.AddProperty(Property{Name: "no-handler", Step: func(v *View, ev *emu.Event) string {
		if at, err := v.Eval("kprobe_handler"); err == nil && ev.PC == at {
			return "the handler began"
		}
		return ""
	}}))
	x, err := Search{}.Do(context.Background(), f)
	require.NoError(t, err)
	require.NotNil(t, x.Found, x.Verdict())
	require.Equal(t, "property no-handler judges steps", x.KernelText)
}
