package main

import (
	"fmt"
	"path/filepath"

	"trapline/internal/emu"
	"trapline/internal/events/tracefs"
	"trapline/internal/loader"
	"trapline/internal/story"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/source"
)

// hitObject is the first hit of a probe with --explain --json.
type hitObject struct {
	Type        string          `json:"type"` // "hit"
	Event       string          `json:"event"`
	Place       string          `json:"place"`
	Hits        uint64          `json:"hits"`
	TID         int             `json:"tid"`
	CPU         int             `json:"cpu"`
	Instruction string          `json:"instruction"` // bytes
	Kind        string          `json:"kind"`
	Copy        string          `json:"copy,omitempty"` // bytes of the slot
	Scratch     string          `json:"scratch,omitempty"`
	Steps       []*story.Record `json:"steps"`
	Return      []*story.Record `json:"return,omitempty"`
	Cut         bool            `json:"cut,omitempty"` // there were more steps than are kept
}

// trapObject is a row of the count of traps.
type trapObject struct {
	Type        string  `json:"type"` // "traps"
	Kind        string  `json:"kind"`
	Hits        uint64  `json:"hits"`
	Breakpoints uint64  `json:"breakpoints"`
	Steps       uint64  `json:"steps"`
	PerHit      float64 `json:"traps_per_hit"`
}

// explain tells the first hit of every probe, from the events of the machine, and the traps that all hits took.
func (t *traceEvents) explain() {
	told := map[*uprobes.Story]string{}
	t.eachStory(func(p *tracefs.Probe, i *uprobes.Instruction, s *uprobes.Story) {
		if before := told[s]; before != "" {
			fmt.Fprintf(t.stderr, "%s at %s, hits: %d; they are those of %s too\n\n", eventName(p), p.Place(nil), t.session.Counts(p).Hits, before)
			return
		}
		told[s] = eventName(p)
		t.tell(t.names(p, i, s), p, i, s)
	})
	for i, c := range t.account.Traps() {
		if i == 0 {
			fmt.Fprintf(t.stderr, "%-14s %10s %10s %10s %10s\n", "kind", "hits", "#BP", "#DB", "traps/hit")
		}
		fmt.Fprintf(t.stderr, "%-14s %10d %10d %10d %10.2f\n", c.Kind, c.Hits, c.Breakpoints, c.Steps, c.PerHit())
	}
}

// explainJSON is the same as objects.
func (t *traceEvents) explainJSON() {
	t.eachStory(func(p *tracefs.Probe, i *uprobes.Instruction, s *uprobes.Story) {
		t.out.WriteString(jsonLine(t.hitObject(t.names(p, i, s), p, i, s)))
	})
	for _, c := range t.account.Traps() {
		t.out.WriteString(jsonLine(trapObject{"traps", c.Kind.String(), c.Hits, c.Breakpoints, c.Steps, c.PerHit()}))
	}
}

// eachStory goes through the probes that were hit.
func (t *traceEvents) eachStory(show func(*tracefs.Probe, *uprobes.Instruction, *uprobes.Story)) {
	for _, p := range t.session.Registry().Probes() {
		if i, s := t.session.Instruction(p), t.account.Story(t.session.Place(p)); i != nil && s != nil {
			show(p, i, s)
		}
	}
}

// names are those of the probed file, which may have been loaded elsewhere than it says.
func (t *traceEvents) names(p *tracefs.Probe, i *uprobes.Instruction, s *uprobes.Story) *story.Names {
	n := &story.Names{Arch: i.Mode.Arch()}
	at := s.At
	code := &probedImage{name: p.On.Name, at: at, original: i.Original[:i.Len]}
	n.Image = code
	file, err := t.files.file(p.Path)
	if err != nil {
		return n
	}
	n.Symbols = file.image.Symbols
	code.debug, _ = file.names.Source() // nil: it has none
	if addr, ok := file.image.AddrOfOffset(p.FileOffset); ok && addr != at {
		code.moved = at - addr
		var l []loader.Symbol
		for sym := range file.image.Symbols.All() {
			sym.Addr += code.moved
			l = append(l, sym)
		}
		n.Symbols = loader.NewSymbols(l)
	}
	return n
}

// probedImage is the code of a probed file around a probe.
type probedImage struct {
	story.NoImage
	name     string // the probe's
	at       uint64
	original []byte
	debug    *source.Program // or nil
	moved    uint64          // by how much the file was loaded elsewhere
}

// Breakpoint implements story.Image.
func (e *probedImage) Breakpoint(addr uint64) (string, []byte, bool) {
	return e.name, e.original, addr == e.at
}

// FileLine implements story.Image.
func (e *probedImage) FileLine(addr uint64) string {
	if e.debug == nil {
		return ""
	}
	name, line, ok := e.debug.LineOf(addr - e.moved)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d", filepath.Base(name), line)
}

func describe(n *story.Names, events []*emu.Event) []*story.Record {
	var l []*story.Record
	for _, ev := range events {
		l = append(l, n.Describe(ev))
	}
	return l
}

func (t *traceEvents) hitObject(n *story.Names, p *tracefs.Probe, i *uprobes.Instruction, s *uprobes.Story) hitObject {
	o := hitObject{
		Type: "hit", Event: eventName(p), Place: p.Place(nil), Hits: t.session.Counts(p).Hits, TID: s.TID, CPU: s.CPU,
		Instruction: fmt.Sprintf("% x", i.Original[:i.Len]), Kind: i.Kind().String(),
		Steps: describe(n, s.Hit), Return: describe(n, s.Return), Cut: s.Cut(),
	}
	if i.Method == uprobes.StepOutOfLine {
		o.Copy = fmt.Sprintf("% x", i.Copy[:i.Len])
	}
	if i.Fixups.Has(uprobes.FixRIP) {
		o.Scratch = i.Scratch.Name(n.Arch)
	}
	return o
}

// tell prints the story of a probe.
func (t *traceEvents) tell(n *story.Names, p *tracefs.Probe, i *uprobes.Instruction, s *uprobes.Story) {
	at := s.At
	fmt.Fprintf(t.stderr, "%s at %s, hits: %d; the first, by thread %d of %s on cpu%d\n", eventName(p), p.Place(nil), t.session.Counts(p).Hits, s.TID, s.Process, s.CPU)
	fmt.Fprintf(t.stderr, "  %-12s % x  %s\n", i.Kind(), i.Original[:i.Len], n.Disassemble(i.Mode, i.Original[:i.Len], at))
	if t.engine.Analyzes { // the others look at no instruction
		for _, line := range append(i.Story(), fmt.Sprintf("an undisturbed hit takes traps: %d (U9)", i.Traps(p.Return))) {
			fmt.Fprintf(t.stderr, "  %-12s %s\n", "", line)
		}
	}
	teller := story.Teller{Level: story.Verbose}
	show := t.show
	for _, r := range describe(n, s.Hit) {
		show.lines(teller.Tell(r))
	}
	if len(s.Return) > 0 {
		show.WriteString("  the function's return\n")
	}
	for _, r := range describe(n, s.Return) {
		show.lines(teller.Tell(r))
	}
	if s.Cut() {
		fmt.Fprintf(show, "  the rest is left out: at most %d steps are kept\n", uprobes.MaxStory)
	}
	show.WriteString("\n")
	_ = show.Flush()
}
