package trial

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"trapline/internal/linux"
)

// Names of what can differ.
const (
	statusName = "status"
	stdoutName = "standard output"
	stderrName = "standard error"
)

// Cut reports whether the run was ended from outside, so that it cannot be compared.
func (o *Outcome) Cut() bool {
	return o.Result.Bound == linux.BoundTime || o.Result.Bound == linux.BoundCanceled
}

// Compare lists what differs between a run without probes and one with them.
func Compare(without, with *Outcome) []Difference {
	var l []Difference
	if a, b := without.Result, with.Result; a.Bound != b.Bound || a.ExitStatus() != b.ExitStatus() {
		l = append(l, Difference{What: statusName, Without: a.String(), With: b.String()})
	}
	for _, o := range []struct {
		name string
		a, b *Output
	}{{stdoutName, &without.Stdout, &with.Stdout}, {stderrName, &without.Stderr, &with.Stderr}} {
		if o.a.Hash != o.b.Hash {
			l = append(l, differing(o.name, o.a, o.b))
		}
	}
	paths := slices.Collect(maps.Keys(without.Files))
	for p := range with.Files {
		if _, both := without.Files[p]; !both {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	for _, p := range paths {
		const unchanged = "as before the run"
		if a, b := cmp.Or(without.Files[p], unchanged), cmp.Or(with.Files[p], unchanged); a != b {
			l = append(l, Difference{What: p, Without: a, With: b})
		}
	}
	return l
}

// differing is the first place at which two outputs differ.
func differing(name string, a, b *Output) Difference {
	n := 0
	for n < min(len(a.First), len(b.First)) && a.First[n] == b.First[n] {
		n++
	}
	return Difference{name, uint64(n), excerpt(a, n), excerpt(b, n)}
}

func excerpt(o *Output, at int) string {
	const longest = 40
	if at == len(o.First) {
		return fmt.Sprintf("its end, after %d bytes", o.Length)
	}
	return fmt.Sprintf("%q", o.First[at:min(len(o.First), at+longest)])
}

// MaxRuns bounds the runs that look for a culprit.
const MaxRuns = 64

// Culprits makes the set of probes under which the program differs from a run without them as small as halving can: one
// probe, or those that show it only together.
func (t *Trial) Culprits(ctx context.Context, without *Outcome, probes []Probe) (culprits []Probe, err error) {
	runs := 0
	differs := func(l []Probe) bool {
		if err != nil || runs == MaxRuns || ctx.Err() != nil {
			return false
		}
		runs++
		var with Outcome
		with, err = t.Run(ctx, l)
		return err == nil && !with.Cut() && len(Compare(without, &with)) > 0
	}
	for len(probes) > 1 {
		half := len(probes) / 2
		switch {
		case differs(probes[:half]):
			probes = probes[:half]
		case differs(probes[half:]):
			probes = probes[half:]
		default:
			return probes, err
		}
	}
	return probes, err
}

// Unsteady lists what differs without any probe when threads take turns elsewhere: that the program shows by itself.
func (t *Trial) Unsteady(ctx context.Context, without *Outcome) ([]Difference, error) {
	const quantum = 1009 // instructions; a prime far from the machine's own
	other := *t
	other.Config.Quantum = quantum
	o, err := other.Run(ctx, nil)
	if err != nil {
		return nil, err
	}
	return Compare(without, &o), nil
}
