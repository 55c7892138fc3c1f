package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"trapline/internal/emu/insn"
	"trapline/internal/story"
	"trapline/internal/uprobes"
	"trapline/internal/uprobes/audit"
	"trapline/internal/x86"
)

// placeObject is a place with --json.
type placeObject struct {
	Type          string         `json:"type"` // "place"
	V             int            `json:"v"`
	Asked         string         `json:"asked,omitempty"`
	Path          string         `json:"path"`
	Offset        string         `json:"offset"`
	Addr          string         `json:"addr,omitempty"`
	At            string         `json:"at,omitempty"`
	Return        bool           `json:"return,omitempty"`
	Begins        bool           `json:"begins"`
	InstructionAt string         `json:"instruction_at,omitempty"`
	Bytes         string         `json:"bytes,omitempty"`
	Text          string         `json:"text,omitempty"`
	Verdict       string         `json:"verdict"`
	Kind          string         `json:"kind,omitempty"`
	Copy          string         `json:"copy,omitempty"`
	Scratch       string         `json:"scratch,omitempty"`
	Prepared      []string       `json:"prepared,omitempty"`
	Traps         int            `json:"traps,omitempty"`
	Errno         int            `json:"errno,omitempty"`
	Error         string         `json:"error,omitempty"`
	Rule          *ruleObject    `json:"rule,omitempty"`
	Nearest       []string       `json:"nearest,omitempty"`
	RedZone       bool           `json:"red_zone,omitempty"`
	Hazards       []hazardObject `json:"hazards,omitempty"`
	Remark        string         `json:"remark,omitempty"`
	Good          bool           `json:"good"`
}

type ruleObject struct {
	ID   string `json:"id,omitempty"`
	Text string `json:"text"`
}

type hazardObject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Of   string `json:"of"` // "probe" or "return-probe"
	Text string `json:"text"`
}

// auditObject sums the places up.
type auditObject struct {
	Type     string         `json:"type"` // "audit"
	V        int            `json:"v"`
	Path     string         `json:"path"`
	Places   int            `json:"places"`
	Verdicts map[string]int `json:"verdicts"`
	Kinds    map[string]int `json:"kinds"`
	Inside   int            `json:"inside_instruction"`
	Hazards  map[string]int `json:"hazards"`
	Bad      int            `json:"bad"` // places that count against the exit status
}

const auditVersion = 1

// tell prints what was judged.
func (a *auditing) tell() {
	sum := auditObject{
		Type: "audit", V: auditVersion, Path: programPath(a.cfg), Places: len(a.places),
		Verdicts: map[string]int{}, Kinds: map[string]int{}, Hazards: map[string]int{},
	}
	for i := range a.places {
		p := &a.places[i]
		sum.Verdicts[p.Verdict.String()]++
		if p.Instruction != nil && (p.Verdict == audit.Emulated || p.Verdict == audit.Stepped) {
			sum.Kinds[p.Instruction.Kind().String()]++
		}
		if !p.Begins && p.Verdict != audit.Outside && p.Verdict != audit.NotCode {
			sum.Inside++
		}
		for _, h := range p.Hazards {
			sum.Hazards[h.Kind.String()]++
		}
		if a.bad(p) {
			sum.Bad++
			a.failed = true
		}
	}
	if a.cmd.Bool("json") {
		for i := range a.places {
			a.out.object(a.object(&a.places[i]))
		}
		a.out.object(sum)
		return
	}
	a.tellPlaces()
	a.tellSum(&sum)
}

// maxListed bounds the refused places, and those with a hazard, that are listed of a whole program.
const maxListed = 20

// tellPlaces prints the places that were asked; of a whole program those that are refused or have a hazard.
func (a *auditing) tellPlaces() {
	listed, left := 0, 0
	for i := range a.places {
		p := &a.places[i]
		switch {
		case a.asked:
			a.tellPlace(p)
		case a.cmd.Bool("all"):
			a.tellShort(p)
		case p.Good() && !notable(p):
		case listed == maxListed:
			left++
		default:
			listed++
			a.tellShort(p)
		}
	}
	if left > 0 {
		fmt.Fprintf(a.out, "… and %d more that are refused or have a hazard: --all or --json lists them\n", left)
	}
}

// notable tells whether a place of a whole program has a hazard of its own, which the program as a whole has not.
func notable(p *auditedPlace) bool {
	for _, h := range p.Hazards {
		if h.Kind != audit.Go && h.Kind != audit.Unwinding && h.Kind != audit.UserThreads {
			return true
		}
	}
	return false
}

// tellShort prints a place on a line.
func (a *auditing) tellShort(p *auditedPlace) {
	fmt.Fprintf(a.out, "%#-10x %-28s %-9s %s%s\n", p.Offset, a.at(p), p.Verdict, a.text(p), a.reasons(p))
}

func (a *auditing) reasons(p *auditedPlace) string {
	var b strings.Builder
	if p.Rule != uprobes.Accepted {
		fmt.Fprintf(&b, "; %v (%s)", p.Rule, p.Rule.Row())
	}
	for _, h := range p.Hazards {
		if !h.Kind.OfReturns() || h.Kind == audit.ReturnAddress {
			fmt.Fprintf(&b, "; %v (%s)", h.Kind, h.Row)
		}
	}
	return b.String()
}

// tellPlace prints all that is known of a place.
func (a *auditing) tellPlace(p *auditedPlace) {
	what := ""
	if p.returns {
		what = " (return probe)"
	}
	fmt.Fprintf(a.out, "%s:%#x %s%s\n", p.path, p.Offset, a.at(p), what)
	if p.remark != "" {
		fmt.Fprintf(a.out, "  %s\n", p.remark)
	}
	if len(p.Bytes) > 0 && p.Verdict != audit.NotCode {
		fmt.Fprintf(a.out, "  % x  %s\n", p.Bytes, a.text(p))
	}
	switch p.Verdict {
	case audit.Outside:
		fmt.Fprintf(a.out, "  outside the file: %v\n", p.Errno())
	case audit.NotCode:
		a.out.WriteString("  not code: no executable segment of the file has it, and what reads it finds a breakpoint there\n")
	case audit.Refused:
		fmt.Fprintf(a.out, "  refused, %v: %v (%s)\n", p.Errno(), p.Rule, p.Rule.Row())
	default:
		fmt.Fprintf(a.out, "  %s, traps a hit: %d\n", p.Verdict, p.Instruction.Traps(p.returns))
		for _, line := range p.Instruction.Story() {
			fmt.Fprintf(a.out, "  %s\n", line)
		}
	}
	if !p.Good() {
		if near := a.nearest(p); len(near) > 0 {
			fmt.Fprintf(a.out, "  nearest places: %s\n", strings.Join(near, ", "))
		}
	}
	if p.RedZone {
		a.out.WriteString("  the function keeps data below its stack pointer (red zone): slots leave it alone, the copies of uprobes-2005-coded do not (O2)\n")
	}
	for _, h := range p.Hazards {
		of := "hazard"
		if h.Kind.OfReturns() {
			of = "hazard of return probes"
		}
		fmt.Fprintf(a.out, "  %s: %s: %s (%s)\n", of, h.Kind, h.Text, h.Row)
	}
}

func (a *auditing) tellSum(sum *auditObject) {
	if a.asked {
		return
	}
	fmt.Fprintf(a.out, "%s: %d instructions\n", sum.Path, sum.Places)
	for _, v := range []audit.Verdict{audit.Emulated, audit.Stepped, audit.Refused} {
		fmt.Fprintf(a.out, "  %-10s %8d\n", v, sum.Verdicts[v.String()])
	}
	for k := uprobes.KindNop; k < uprobes.KindReturn; k++ {
		fmt.Fprintf(a.out, "    %-14s %8d\n", k, sum.Kinds[k.String()])
	}
	for _, k := range slices.Sorted(maps.Keys(sum.Hazards)) {
		fmt.Fprintf(a.out, "  hazard %-20s %8d\n", k, sum.Hazards[k])
	}
	file, _ := a.files.file(sum.Path)
	for _, h := range file.auditor().Program() {
		fmt.Fprintf(a.out, "  return probes: %s: %s (%s)\n", h.Kind, h.Text, h.Row)
	}
}

// at is symbol+0xoffset.
func (a *auditing) at(p *auditedPlace) string {
	file, err := a.files.file(p.path)
	if err != nil || p.Addr == 0 {
		return ""
	}
	return file.image.Symbols.Format(p.Addr)
}

func (a *auditing) nearest(p *auditedPlace) []string {
	var l []string
	file, _ := a.files.file(p.path)
	for _, offset := range file.auditor().Nearest(p.Place) {
		near := auditedPlace{path: p.path}
		near.Addr, _ = file.image.AddrOfOffset(offset)
		l = append(l, fmt.Sprintf("%#x (%s)", offset, a.at(&near)))
	}
	return l
}

func (a *auditing) text(p *auditedPlace) string {
	file, err := a.files.file(p.path)
	if err != nil || len(p.Bytes) == 0 {
		return ""
	}
	n := &story.Names{Arch: file.image.Arch, Symbols: file.image.Symbols}
	return n.Disassemble(insn.ModeOf(n.Arch), p.Bytes, p.Addr)
}

func (a *auditing) object(p *auditedPlace) placeObject {
	o := placeObject{
		Type: "place", V: auditVersion, Asked: p.asked, Path: p.path, Offset: fmt.Sprintf("%#x", p.Offset), At: a.at(p), Return: p.returns,
		Begins: p.Begins, Bytes: fmt.Sprintf("%x", p.Bytes), Text: a.text(p), Verdict: p.Verdict.String(), Remark: p.remark, RedZone: p.RedZone, Good: p.Good(),
	}
	if p.Addr != 0 {
		o.Addr = fmt.Sprintf("%#x", p.Addr)
	}
	if !p.Begins {
		o.InstructionAt = fmt.Sprintf("%#x", p.Start)
	}
	if e := p.Errno(); e != 0 {
		o.Errno, o.Error = int(e), e.Name()
	}
	if p.Rule != uprobes.Accepted {
		o.Rule = &ruleObject{p.Rule.Row(), p.Rule.String()}
	}
	if i := p.Instruction; i != nil && (p.Verdict == audit.Emulated || p.Verdict == audit.Stepped) {
		o.Kind, o.Prepared, o.Traps = i.Kind().String(), i.Story(), i.Traps(p.returns)
		if p.Verdict == audit.Stepped {
			o.Copy = fmt.Sprintf("%x", i.Copy[:i.Len])
		}
		if i.Fixups.Has(uprobes.FixRIP) {
			o.Scratch = i.Scratch.Name(archOf(i.Mode))
		}
	}
	if !p.Good() {
		o.Nearest = a.nearest(p)
	}
	for _, h := range p.Hazards {
		of := "probe"
		if h.Kind.OfReturns() {
			of = "return-probe"
		}
		o.Hazards = append(o.Hazards, hazardObject{h.Kind.String(), h.Row, of, h.Text})
	}
	return o
}

func archOf(m insn.Mode) x86.Arch {
	if m.Is64() {
		return x86.AMD64
	}
	return x86.I386
}
