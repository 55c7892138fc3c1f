package sched

import (
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFormat(t *testing.T) {
	var s Schedule
	require.Equal(t, "t2.5f3a9c.", s.Format(0x5f3a9c))
	s.Append(0, 14)
	s.Append(1, 2)
	s.Append(1, 1)
	s.Append(0, 1)
	s.Append(2, 0)
	require.Equal(t, "t2.5f3a9c.0x14,1x3,0", s.Format(0x5f3a9c))
	require.EqualValues(t, 18, s.Steps())
	require.Equal(t, 2, s.Switches())
	require.True(t, s.Prefix(15).Equal(Of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)))
}

func drawSchedule(t *rapid.T) Schedule {
	var s Schedule
	for range rapid.IntRange(0, 50).Draw(t, "runs") {
		s.Append(rapid.IntRange(0, MaxActors-1).Draw(t, "actor"), rapid.Uint64Range(1, 1<<30).Draw(t, "steps"))
	}
	return s
}

// TestS2RoundTrip: what is printed is read back as the same schedule, and
// needs no quoting.
func TestS2RoundTrip(t *testing.T) {
	safe := regexp.MustCompile(`^[A-Za-z0-9.,]+$`)
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchedule(t)
		if rapid.Bool().Draw(t, "endless") {
			s = s.Endless(drawSchedule(t))
		}
		c := Checksum(rapid.Uint32Range(0, 1<<24-1).Draw(t, "checksum"))
		text := s.Format(c)
		require.Regexp(t, safe, text)
		got, err := Parse(text, c)
		require.NoError(t, err)
		require.True(t, got.Equal(s))
		_, err = Parse(text, c^1)
		require.ErrorIs(t, err, ErrOtherScenario)
	})
}

// Actors that have words are printed so, and are read by word and by number.
func TestWords(t *testing.T) {
	words := []string{"", "", "", "flush0", "flush1", "refetch0"}
	s := Of(0, 3, 3, 1, 4, 5, 2)
	require.Equal(t, "t2.000000.0,flush0x2,1,flush1,refetch0,2", s.Format(0, words...))
	for _, text := range []string{s.Format(0, words...), s.Format(0), "t2.000000.0,3x2,1,flush1,5,2"} {
		got, err := Parse(text, 0, words...)
		require.NoError(t, err)
		require.True(t, got.Equal(s), text)
		_, _, err = ParseAny(text)
		require.NoError(t, err)
	}
	for text, want := range map[string]string{
		"t2.000000.0,flush2":  `schedule column 13: actor "flush2"; expected an actor's number, or one of flush0, flush1, refetch0`,
		"t2.000000.3,flush0":  `schedule column 13: actor 3 again; expected another actor, since neighbouring runs are of different ones`,
		"t2.000000.flush":     `schedule column 11: "f"; expected an actor's number`,
		"t2.000000.0,flush0x": `schedule column 20: the end; expected a number of steps`,
	} {
		_, err := Parse(text, 0, words...)
		require.EqualError(t, err, want)
	}
	_, err := Parse("t2.000001.0,flush0", 0)
	require.ErrorIs(t, err, ErrOtherScenario)
	_, err = Parse("t2.000000.0,flush0", 0)
	require.EqualError(t, err, `schedule column 13: actor "flush0"; expected an actor's number`)
	many := "t2.000000.a0"
	for i := range MaxActors {
		many += "," + strings.Repeat("b", i+1) + "0"
	}
	_, _, err = ParseAny(many)
	require.Error(t, err)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"t2.5f3a9c.0x14,1x3,0", "t2.000000.", "t2.000000.0,0", "t2.000000.0.1x2", "t2.000000..1", "t2.x", "", "t2.00000g.1", "t2.000000.1x99999999999999999999", "t2.5f3a9c.0,flush0x2,flush1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, c, err := ParseAny(text)
		if err == nil {
			if !slices.ContainsFunc(append(s.runs, s.turn...), func(r Run) bool { return r.Actor >= MaxActors }) { // a word
				require.Equal(t, text, s.Format(c), "one schedule has one form")
			}
			return
		}
		var at *SyntaxError
		if errors.As(err, &at) {
			require.GreaterOrEqual(t, at.Col, 1)
			require.LessOrEqual(t, at.Col, len(text)+1)
		}
	})
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                            `schedule column 1: no version; expected t2.CHECKSUM.RUNS, such as t2.5f3a9c.0x14,1x3,0`,
		"t9.5f3a9c.0":                 `schedule of another version of the program, whose steps were others: it begins with "t9"; expected "t2": search again`,
		"t2.5f3A9c.0":                 `schedule column 7: "A"; expected 6 lower-case hexadecimal digits of the scenario's checksum`,
		"t2.5f3a9c":                   `schedule column 10: the end; expected "." behind the checksum`,
		"t2.5f3a9c.0x14;1":            `schedule column 15: ";"; expected "," or the end`,
		"t2.5f3a9c.0x14,":             `schedule column 16: the end; expected an actor's number`,
		"t2.5f3a9c.,0":                `schedule column 11: ","; expected an actor's number`,
		"t2.5f3a9c.0x":                `schedule column 13: the end; expected a number of steps`,
		"t2.5f3a9c.0x1":               `schedule column 13: 1 steps; expected 2 or more (one step has no count)`,
		"t2.5f3a9c.0x07":              `schedule column 13: a leading zero; expected a number of steps without one`,
		"t2.5f3a9c.1,1":               `schedule column 13: actor 1 again; expected another actor, since neighbouring runs are of different ones`,
		"t2.5f3a9c.0.":                `schedule column 13: the end; expected an actor's number`,
		"t2.5f3a9c.0.1.0":             `schedule column 14: "."; expected "," or the end`,
		"t2.5f3a9c.64":                `schedule column 11: actor 64; expected 0 to 63`,
		"t2.5f3a9c.0x9999999999999":   `schedule column 13: a number that is too large; expected at most 1099511627776`,
		"t2.5f3a9c.\xff":              `schedule column 11: "\xff"; expected an actor's number`,
		"t2.5f3a9c.0x1099511627776,1": `schedule column 27: schedule too long: at most 1048576 runs and 1099511627776 steps`,
	} {
		_, err := Parse(text, 0x5f3a9c)
		require.EqualError(t, err, want, "%q", text)
	}
	_, err := Parse("t2.000001.0", 2)
	require.ErrorIs(t, err, ErrOtherScenario)
	require.ErrorContains(t, err, "it has checksum 000001, this scenario has 000002")
}

func TestChecksumSeesParts(t *testing.T) {
	require.NotEqual(t, ChecksumOf([]byte("ab"), []byte("c")), ChecksumOf([]byte("a"), []byte("bc")))
	require.Len(t, ChecksumOf().String(), checksumDigits)
}

// take lets s choose n times among runnable.
func take(s Scheduler, execution, n int, runnable ...int) string {
	var b strings.Builder
	s.Begin(execution)
	last := -1
	for range n {
		a, ok := s.Next(runnable, last)
		if !ok {
			break
		}
		b.WriteByte('0' + byte(a))
		last = a
	}
	return b.String()
}

func TestS3RoundRobin(t *testing.T) {
	require.Equal(t, "001122001122", take(&RoundRobin{Quantum: 2}, 0, 12, 0, 1, 2))
	require.Equal(t, "1111", take(&RoundRobin{}, 0, 4, 1, 2))
	r := &RoundRobin{Quantum: 3}
	r.Begin(0)
	a, _ := r.Next([]int{0, 1}, -1)
	b, _ := r.Next([]int{1}, a)
	require.Equal(t, []int{0, 1}, []int{a, b}, "an actor that cannot go on is left early")
}

func TestS3RandomIsFixedBySeed(t *testing.T) {
	require.Equal(t, take(&Random{Seed: 7}, 3, 50, 0, 1, 2), take(&Random{Seed: 7}, 3, 50, 0, 1, 2))
	require.NotEqual(t, take(&Random{Seed: 7}, 3, 50, 0, 1, 2), take(&Random{Seed: 7}, 4, 50, 0, 1, 2))
	require.False(t, (&Random{Executions: 2}).Begin(2))
}

// TestS3PCTMeetsItsBound looks for one order in which actor 1 must step
// between two given steps of actor 0, which has depth 2.
func TestS3PCTMeetsItsBound(t *testing.T) {
	const length, runs = 20, 4000
	p, err := NewPCT(1, 2, 2, length)
	require.NoError(t, err)
	hit := 0
	for n := range runs {
		p.Begin(n)
		left := [2]int{10, 10}
		steps := 0
		for last := -1; left[0]+left[1] > 0; steps++ {
			var runnable []int
			for a := range left {
				if left[a] > 0 {
					runnable = append(runnable, a)
				}
			}
			last, _ = p.Next(runnable, last)
			left[last]--
			if last == 1 && left[1] == 9 && left[0] == 5 {
				hit++
			}
		}
	}
	require.GreaterOrEqual(t, float64(hit)/runs, p.Bound()*0.8)
	require.InDelta(t, 1.0/40, p.Bound(), 1e-9)
}

func TestS3PCTParameters(t *testing.T) {
	for _, bad := range []struct {
		d, n int
		k    uint64
	}{{0, 2, 10}, {1, 0, 10}, {1, MaxActors + 1, 10}, {1, 2, 0}} {
		_, err := NewPCT(0, bad.d, bad.n, bad.k)
		require.Error(t, err)
	}
	p, err := NewPCT(1, 1, 3, 1)
	require.NoError(t, err)
	require.InDelta(t, 1.0/3, p.Bound(), 1e-9)
	require.Len(t, take(p, 0, 5, 0, 1, 2), 5)
	require.False(t, math.IsNaN(p.Bound()))
}

func TestS3Replay(t *testing.T) {
	s, err := Parse("t2.000000.0x2,1,0", 0)
	require.NoError(t, err)
	require.Equal(t, "0010", take(&Replay{Schedule: s, Strict: true}, 0, 9, 0, 1))
	require.Equal(t, "0010000", take(&Replay{Schedule: s}, 0, 7, 0, 1), "behind the end the run goes on")
	turns, err := Parse("t2.000000.0x2.1,0x2", 0)
	require.NoError(t, err)
	require.Equal(t, "001001001", take(&Replay{Schedule: turns}, 0, 9, 0, 1), "a turn is repeated")
	r := NewReplay(s)
	_, ok := r.Next([]int{1}, -1)
	require.False(t, ok)
	require.True(t, r.Diverged())
	require.EqualValues(t, 4, r.Left())
}
