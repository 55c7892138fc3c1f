package uprobes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/x86"
)

// tellsOf runs a program in steps, one vCPU after the other, and lists what was done from its first #BP on: the
// micro-steps by name, deliveries and instructions by kind, n at most.
func tellsOf(t *testing.T, p program, n int) (l []string) {
	r := p.start(t)
	for len(l) < n {
		id, ok := r.Next()
		if !ok {
			break
		}
		ev := r.Step(id)
		switch {
		case ev.Kind == emu.StepDelivery && ev.Delivery.Trap.Vector == x86.VecBP:
			l = append(l, "#BP")
		case len(l) == 0:
		case ev.Micro != nil:
			l = append(l, ev.Micro.Name)
		default:
			l = append(l, ev.Kind.String())
		}
	}
	return l
}

// The kernel's functions that a hit goes through, in order (U3, U6, U8, U9, U13).
func TestMicroStepsOfAHit(t *testing.T) {
	for _, c := range []struct {
		args  []string
		event string
		want  []string
	}{
		{[]string{"leafn", "2"}, "p PROG:0x170e a=%di", []string{"#BP", "handle_swbp", "handler_chain", "pre_ssout", "instruction", "delivery", "handle_singlestep", "instruction"}},
		{[]string{"fib", "2"}, "r PROG:0x17d1 $retval", []string{"#BP", "handle_swbp", "handler_chain", "prepare_uretprobe", "pre_ssout", "instruction", "delivery", "handle_singlestep"}},
	} {
		p := program{args: append([]string{find(t, "beh")}, c.args...), events: []string{c.event}}
		require.Equal(t, c.want, tellsOf(t, p, len(c.want)))
	}
}

// U5: a thread that finds no slot waits; a vCPU that has nothing else to do then spins once and is halted.
func TestU5WaitsForASlot(t *testing.T) {
	p := program{args: []string{find(t, "slots")}, events: []string{"p PROG:nap_call"}, cpus: 2}
	r := p.start(t)
	waits := 0
	for {
		id, ok := r.Next()
		if !ok {
			break
		}
		ev := r.Step(id)
		if ev.Micro == nil || ev.Micro.Holds == "" {
			continue
		}
		waits++
		require.Equal(t, linux.HoldsSlot, ev.Micro.Holds)
		require.Equal(t, "U5", ev.Micro.ID)
		require.Equal(t, r.Machine().CPUs[id].Halted, ev.Kind == emu.StepSpin)
	}
	require.NotZero(t, waits)
	require.Equal(t, "40 slept\n", r.out.String())
}

// The trap of a user's breakpoint goes from ring 3 to ring 0, without a frame.
func TestDeliveriesComeFromRing3(t *testing.T) {
	r := program{args: []string{find(t, "beh"), "fib", "2"}, events: []string{"p PROG:0x17d1"}}.start(t)
	for {
		id, ok := r.Next()
		require.True(t, ok)
		if ev := r.Step(id); ev.Kind == emu.StepDelivery && ev.Delivery.Trap.Vector == x86.VecBP {
			require.EqualValues(t, 3, ev.Delivery.From)
			require.EqualValues(t, 0, ev.Delivery.To)
			require.Empty(t, ev.Delivery.Frame)
			require.Contains(t, ev.Notes[0].Text, "uprobes")
			return
		}
	}
}
