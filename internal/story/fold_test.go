package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/emu"
)

// told is a line of a vCPU.
func told(cpu int, text string) Line { return Line{{Plain, fmt.Sprintf("cpu%d %s", cpu, text)}} }

// unfolded gives each vCPU's lines back, by its own reading of what a Folder
// says.
func unfolded(t require.TestingT, out []Line) (cpus [emu.MaxCPUs][]string) {
	for _, l := range out {
		text := l.String()
		var cpu int
		_, err := fmt.Sscanf(text, "cpu%d", &cpu)
		require.NoError(t, err)
		_, rest, again := strings.Cut(text, " ... its last ")
		if !again {
			cpus[cpu] = append(cpus[cpu], text)
			continue
		}
		turn, times, more := 1, 0, 0
		if rest, again = strings.CutPrefix(rest, "line again, "); !again {
			_, err = fmt.Sscanf(rest, "%d lines again", &turn)
			require.NoError(t, err)
			_, rest, _ = strings.Cut(rest, "again, ")
		}
		_, err = fmt.Sscanf(rest, "%d times", &times)
		require.NoError(t, err)
		if _, rest, ok := strings.Cut(rest, ", and the first "); ok {
			if more = 1; rest != "of them" {
				_, err = fmt.Sscanf(rest, "%d of them", &more)
				require.NoError(t, err)
			}
		}
		for range turn*times + more {
			cpus[cpu] = append(cpus[cpu], cpus[cpu][len(cpus[cpu])-turn])
		}
	}
	return cpus
}

// TestFolderLeavesNothingOut reads back what it says of vCPUs that go round in
// loops for a while, in turns of any length.
func TestFolderLeavesNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type loop struct{ lines, steps int }
		cpus := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) loop {
			return loop{rapid.IntRange(1, 9).Draw(t, "lines"), rapid.IntRange(1, 100).Draw(t, "steps")}
		}), 1, 4), 1, 3).Draw(t, "cpus")
		var want [emu.MaxCPUs][]string
		var order []string
		var f Folder
		var out []Line
		var left [emu.MaxCPUs][]string
		for cpu, loops := range cpus {
			for i, l := range loops {
				for s := range l.steps {
					left[cpu] = append(left[cpu], fmt.Sprintf("in loop %d at %d", i%2, s%l.lines))
				}
			}
		}
		for {
			cpu := rapid.IntRange(0, len(cpus)-1).Draw(t, "cpu")
			n := min(rapid.IntRange(1, 40).Draw(t, "steps"), len(left[cpu]))
			for _, text := range left[cpu][:n] {
				l := told(cpu, text)
				want[cpu] = append(want[cpu], l.String())
				order = append(order, l.String())
				out = append(out, f.Add(cpu, []Line{l})...)
			}
			left[cpu] = left[cpu][n:]
			if !slices.ContainsFunc(left[:], func(l []string) bool { return len(l) > 0 }) {
				break
			}
		}
		out = append(out, f.Flush()...)
		require.Equal(t, want, unfolded(t, out))
		if text := Text(out); !strings.Contains(text, " again, ") {
			require.Equal(t, strings.Join(order, "\n")+"\n", text, "where nothing is folded, the order stays")
		}
	})
}

// TestFolderKeepsATurn: of what is repeated for long, one turn is told, however
// the vCPUs take turns.
func TestFolderKeepsATurn(t *testing.T) {
	for _, quantum := range []int{1, 2, 10, 1000} {
		var f Folder
		var out []Line
		for n := range 20000 {
			cpu := n / quantum % 2
			at := n/quantum/2*quantum + n%quantum // its own steps so far
			out = append(out, f.Add(cpu, []Line{told(cpu, fmt.Sprint("at ", at%(7+4*cpu)))})...)
		}
		out = append(out, f.Flush()...)
		require.Less(t, len(out), 2*(7+11), Text(out))
	}
}
