package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"

	"trapline/internal/linux"
	"trapline/internal/uprobes/audit"
	"trapline/internal/uprobes/trial"
)

// tryObject is a run under probes with --json.
type tryObject struct {
	Type        string             `json:"type"` // "try"
	V           int                `json:"v"`
	Run         int                `json:"run"` // from 1
	Probes      int                `json:"probes"`
	Returns     int                `json:"return_probes"`
	Hits        uint64             `json:"hits"`
	Result      string             `json:"result"`
	Differences []differenceObject `json:"differences"`
	Culprits    [][]culpritObject  `json:"culprits,omitempty"`   // sets of probes that each show a difference
	Rest        bool               `json:"rest_equal,omitempty"` // without them nothing differs
	Unsteady    bool               `json:"unsteady,omitempty"`   // the program differs without probes too
	Refused     []string           `json:"refused,omitempty"`
	Log         []string           `json:"log,omitempty"`
	Held        bool               `json:"held"`
}

type culpritObject struct {
	Probe   string   `json:"probe"`
	Hazards []string `json:"hazards"` // that it was judged to have
}

type differenceObject struct {
	What    string `json:"what"`
	At      uint64 `json:"at,omitempty"`
	Without string `json:"without"`
	With    string `json:"with"`
}

// try runs the program without probes and with them.
func (a *auditing) try(ctx context.Context) error {
	t := &trial.Trial{Config: a.cfg}
	if d := a.cmd.Duration("time"); d > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	if !term.IsTerminal(os.Stdin.Fd()) && a.cmd.String("file") != "-" {
		var err error
		if t.Input, err = io.ReadAll(io.LimitReader(&stoppableReader{ctx, os.Stdin}, maxHostBytes)); err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
	}
	without, err := t.Run(ctx, nil)
	if err != nil {
		return err
	}
	if b := without.Result.Bound; b != linux.NoBound {
		a.failed = true
		fmt.Fprintf(a.cmd.Root().ErrWriter, "trapline: --try: the program did not end without probes: %v\n", without.Result)
		return nil
	}
	runs := a.cmd.Int("runs")
	for n := range runs {
		if err := a.tryOnce(ctx, t, &without, n, a.dealt(n, runs)); err != nil {
			return err
		}
	}
	return nil
}

// dealt are the probes of a run: all that are accepted, or one of N parts. Without places that were asked, functions on which a
// return probe is not known to break anything have one too.
func (a *auditing) dealt(n, runs int) []trial.Probe {
	safe := a.cmd.Bool("safe")
	var l []trial.Probe
	for i := range a.places {
		p := &a.places[i]
		if i%runs != n || !p.Good() || safe && len(p.relevant()) > 0 {
			continue
		}
		l = append(l, trial.Probe{Path: p.path, Offset: p.Offset, Return: p.returns})
		if !a.asked && !a.files.allRets && p.Addr == p.Function.Entry && !p.breaksReturns(safe) {
			l = append(l, trial.Probe{Path: p.path, Offset: p.Offset, Return: true})
		}
	}
	return l
}

// breaksReturns tells whether a return probe is known to break the function, or the program if that is to be safe from it.
func (p *auditedPlace) breaksReturns(safe bool) bool {
	for _, h := range p.Hazards {
		if h.Kind == audit.Go || h.Kind == audit.ReturnAddress || safe && h.Kind.OfReturns() {
			return true
		}
	}
	return false
}

func (a *auditing) tryOnce(ctx context.Context, t *trial.Trial, without *trial.Outcome, n int, probes []trial.Probe) error {
	with, err := t.Run(ctx, probes)
	if err != nil {
		return err
	}
	o := tryObject{Type: "try", V: auditVersion, Run: n + 1, Hits: with.Hits, Result: with.Result.String(), Differences: []differenceObject{}, Log: with.Log}
	for _, p := range probes {
		if p.Return {
			o.Returns++
		} else {
			o.Probes++
		}
	}
	for _, r := range with.Refused {
		o.Refused = append(o.Refused, fmt.Sprintf("%s:%#x: %v", r.Path, r.Offset, r.Err))
	}
	if differences := trial.Compare(without, &with); !with.Cut() && len(differences) > 0 {
		for _, d := range differences {
			o.Differences = append(o.Differences, differenceObject{d.What, d.At, d.Without, d.With})
		}
		unsteady, err := t.Unsteady(ctx, without)
		if err != nil {
			return err
		}
		if o.Unsteady = len(unsteady) > 0; !o.Unsteady {
			if err := a.findCulprits(ctx, t, without, probes, &o); err != nil {
				return err
			}
		}
	}
	o.Held = len(o.Differences) == 0 && len(o.Refused) == 0 && !with.Cut()
	a.failed = a.failed || !o.Held
	if a.cmd.Bool("json") {
		a.out.object(o)
		return nil
	}
	a.tellTry(&o, with.Cut())
	return nil
}

// maxCulprits bounds the sets of probes that are looked for in a run that differs.
const maxCulprits = 8

// findCulprits looks for the probes that show a difference, and goes on without those that it found.
func (a *auditing) findCulprits(ctx context.Context, t *trial.Trial, without *trial.Outcome, probes []trial.Probe, o *tryObject) error {
	for len(o.Culprits) < maxCulprits {
		l, err := t.Culprits(ctx, without, probes)
		if err != nil {
			return err
		}
		set := []culpritObject{}
		for _, c := range l {
			set = append(set, culpritObject{a.probeName(c), a.knownHazards(c)})
		}
		o.Culprits = append(o.Culprits, set)
		probes = slices.DeleteFunc(slices.Clone(probes), func(p trial.Probe) bool { return slices.Contains(l, p) })
		rest, err := t.Run(ctx, probes)
		if err != nil || rest.Cut() || len(trial.Compare(without, &rest)) == 0 {
			o.Rest = err == nil && !rest.Cut()
			return err
		}
	}
	return nil
}

// knownHazards are those that a probe was judged to have.
func (a *auditing) knownHazards(p trial.Probe) []string {
	l := []string{}
	judged, _ := a.files.judge(p.Path, p.Offset, p.Return)
	for _, h := range judged.Hazards {
		if h.Kind.OfReturns() == p.Return {
			l = append(l, h.Kind.String())
		}
	}
	return l
}

func (a *auditing) probeName(p trial.Probe) string {
	at := auditedPlace{path: p.Path}
	if file, err := a.files.file(p.Path); err == nil {
		at.Addr, _ = file.image.AddrOfOffset(p.Offset)
	}
	kind := "p"
	if p.Return {
		kind = "r"
	}
	return fmt.Sprintf("%s %s:%#x (%s)", kind, p.Path, p.Offset, a.at(&at))
}

func (a *auditing) tellTry(o *tryObject, cut bool) {
	fmt.Fprintf(a.out, "run %d: probes: %d, return probes: %d, hits: %d; %s\n", o.Run, o.Probes, o.Returns, o.Hits, o.Result)
	for _, r := range o.Refused {
		fmt.Fprintf(a.out, "  refused: %s\n", r)
	}
	for _, line := range o.Log {
		fmt.Fprintf(a.out, "  kernel log: %s\n", line)
	}
	switch {
	case cut:
		a.out.WriteString("  the run was ended before the program did: nothing is compared. --runs N tries fewer probes at a time\n")
		return
	case len(o.Differences) == 0:
		a.out.WriteString("  output, status and files are those of the run without probes\n")
		return
	}
	for _, d := range o.Differences {
		fmt.Fprintf(a.out, "  %s differs: without probes %s, with them %s\n", d.What, d.Without, d.With)
	}
	if o.Unsteady {
		a.out.WriteString("  the program differs without probes too, when its threads take turns elsewhere: nothing follows from this\n")
		return
	}
	for _, set := range o.Culprits {
		how := "this one shows a difference alone"
		if len(set) > 1 {
			how = fmt.Sprintf("%d show one only together, the first", len(set))
		}
		known := "no hazard was known of it"
		if len(set[0].Hazards) > 0 {
			known = "its hazards: " + strings.Join(set[0].Hazards, ", ")
		}
		fmt.Fprintf(a.out, "  %s: %s; %s\n", how, set[0].Probe, known)
	}
	if o.Rest {
		a.out.WriteString("  without these nothing differs\n")
	} else {
		fmt.Fprintf(a.out, "  there may be more: at most %d are looked for, and --time bounds that\n", maxCulprits)
	}
}
