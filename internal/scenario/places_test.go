package scenario

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/sched"
)

// Places are where the vCPUs stand when a run of the schedule leaves them.
func TestPlacesAreWhereAScheduleSwitches(t *testing.T) {
	f, err := Load("two-probes-two-cpus")
	require.NoError(t, err)
	for seed := range uint64(10) {
		r, err := Open(context.Background(), f, Options{Scheduled: true})
		require.NoError(t, err)
		random := &sched.Random{Seed: seed}
		random.Begin(0)
		var s sched.Schedule
		var want []string
		for range 60 { // runs of random length
			cpu, _ := random.Next([]int{0, 1}, 0)
			for n := seed + 40; n > 0 && r.Can(cpu); n-- {
				r.Step(cpu)
				s.Append(cpu, 1)
			}
			name := fmt.Sprintf("cpu%d", cpu)
			pc := r.Machine.CPUs[cpu].LinearPC()
			if line, ok := r.world.LineAt(pc); ok {
				name += fmt.Sprintf(" until %s:%d", line.Func, line.Line)
			} else {
				name += " until " + r.names.Addr(pc)
			}
			if n := len(s.Runs()); n > len(want) {
				want = append(want, "")
			}
			if len(want) > 0 && s.Runs()[len(want)-1].Actor == cpu && r.Can(cpu) {
				want[len(want)-1] = name
			} else if len(want) > 0 && s.Runs()[len(want)-1].Actor == cpu {
				want[len(want)-1] = fmt.Sprintf("cpu%d to its end", cpu)
			}
		}
		r.Close()
		p, err := PlacesOf(context.Background(), f, Options{}, s)
		require.NoError(t, err)
		require.Equal(t, max(0, len(want)-MaxPlaces), p.More)
		list := want[:len(want)-p.More]
		if p.More > 0 {
			list = append(list[:len(list):len(list)], fmt.Sprintf("and %d more", p.More))
		}
		require.Equal(t, strings.Join(list, ", "), p.String())
	}
}

// In direct mode a place is the micro-step that comes next.
func TestPlacesOfMicroStepsAreNamed(t *testing.T) {
	f, err := Load("smp-missed-probe")
	require.NoError(t, err)
	var s sched.Schedule
	s.Append(0, 11)
	s.Append(1, 1)
	p, err := PlacesOf(context.Background(), f, Options{Direct: true}, s)
	require.NoError(t, err)
	require.Equal(t, "cpu0 until rewind_eip of disarm_kprobe, cpu1 until target+0x3", p.String())
}

func TestPlacesHaveBounds(t *testing.T) {
	f, err := Load("smp-missed-probe")
	require.NoError(t, err)
	p, err := PlacesOf(context.Background(), f, Options{}, sched.Of(0).Endless(sched.Of(0, 1)))
	require.NoError(t, err)
	require.Regexp(t, `^cpu0 until target\+0x\w+, then 2 over and over$|^cpu0 until \S+, then 2 over and over$`, p.String())
	l := Left{Actor: "cpu0", Function: strings.Repeat("x", 200), Line: 7}
	require.Less(t, len(l.text()), 80)
}
