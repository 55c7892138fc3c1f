package format

import (
	"fmt"
	"strings"

	"trapline/internal/expr"
)

// Probe is one probe, registered before the tasks start unless the file says
// that it is not.
//
//	NAME "at" EXPR
//	    ( "pre" | "post" | "fault" ) actions
//	    "unregistered"                  defined only: a task may register it
//	    "multiprobe"                    registered by register_multiprobe (M1)
//	    "ret" actions                   a Linux program's: when the function at ADDR returns (U13)
//	    "filter" "pid" N                a Linux program's: only in that process (U3)
//	actions = action { ";" action }
//	action  = "none"                        no handler at all: a NULL pointer (K18)
//	        | "count"                       what every handler does anyway: the hit is counted
//	        | "print" STRING { EXPR }       one line of the log; values follow the text
//	        | "regs" | "stack" [ N ]        the saved registers; N words of the saved stack
//	        | "set" PLACE EXPR              PLACE is %register of the saved ones, or memory such as u32[ADDR]
//	        | "return" N                    what the handler returns (fault: 1 = the fault is handled)
//	        | "map"                         present the page that faulted
//	        | "skip"                        move the saved ip behind the probed instruction
//	        | "call" SYMBOL                 the handler is this guest function
//	        | "remove"                      takes the breakpoint out of the process (U3)
//
// EXPR sees the registers of the interrupted code. A probe without a handler
// line of a kind has an empty pre and no post or fault handler.
type Probe struct {
	Name     string
	Pos      Pos
	At       Expr
	Handlers map[string][]Action // by "pre", "post", "fault", "ret"

	Unregistered bool
	Multiprobe   bool
	FilterPID    int // 0: every process

	lines []probeLine
}

// probeLine is an indented line of a probe.
type probeLine struct {
	kind string
	pos  Pos
}

// Action is one thing that a handler does.
type Action struct {
	Kind   string
	Pos    Pos
	Text   string // print: the text; call: the symbol
	Args   []Expr // print: the values; set: the value
	Target *Expr  // set: an expr.Register or expr.Memory
	N      int    // stack, return
}

// HandlerKinds are the kinds of handlers of a probe.
var HandlerKinds = []string{"pre", "post", "fault", "ret"}

// probeLines are the words that an indented line starts with.
var probeLines = append(append([]string(nil), HandlerKinds...), "unregistered", "multiprobe", "filter")

var actionKinds = []string{"none", "count", "print", "regs", "stack", "set", "return", "map", "skip", "call", "remove"}

// MaxPID bounds a process's number.
const MaxPID = 1 << 22

// MaxStackWords bounds a stack dump.
const MaxStackWords = 64

func (f *File) parseProbes(lines []line) error {
	for _, l := range lines {
		if l.skipped() {
			continue
		}
		w := &words{line: l}
		if l.indented() {
			if len(f.Probes) == 0 {
				return l.at(0).errorAt("a probe first: NAME at ADDR", "a handler of no probe")
			}
			if err := parseHandler(w, &f.Probes[len(f.Probes)-1]); err != nil {
				return err
			}
			continue
		}
		p := Probe{Handlers: map[string][]Action{}}
		var err error
		if p.Name, p.Pos, err = w.name("a probe's name"); err != nil {
			return err
		}
		if f.probe(p.Name) != nil {
			return p.Pos.errorAt("another name", "a second probe %q", p.Name)
		}
		if err = w.keyword("at"); err != nil {
			return err
		}
		if p.At, err = w.rest("an address such as SYMBOL+OFFSET"); err != nil {
			return err
		}
		if f.Probes = append(f.Probes, p); len(f.Probes) > MaxItems {
			return l.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many probes")
		}
	}
	return nil
}

func (f *File) probe(name string) *Probe {
	for i := range f.Probes {
		if f.Probes[i].Name == name {
			return &f.Probes[i]
		}
	}
	return nil
}

func parseHandler(w *words, p *Probe) error {
	start, _ := w.peek()
	kind, err := w.choice("handler", probeLines)
	if err != nil {
		return err
	}
	p.lines = append(p.lines, probeLine{kind, w.line.at(start.at)})
	switch kind {
	case "filter":
		if err := w.keyword("pid"); err != nil {
			return err
		}
		if p.FilterPID, err = w.integer("a process's number", 1, MaxPID); err != nil {
			return err
		}
		return w.done()
	case "unregistered":
		p.Unregistered = true
		return w.done()
	case "multiprobe":
		p.Multiprobe = true
		return w.done()
	}
	if _, twice := p.Handlers[kind]; twice {
		return w.line.at(start.at).errorAt("one line for each handler, actions separated by ;", "a second %s handler of %q", kind, p.Name)
	}
	var list []Action
	for {
		a, more, err := parseAction(w)
		if err != nil {
			return err
		}
		if list = append(list, a); len(list) > MaxActions {
			return a.Pos.errorAt(fmt.Sprintf("at most %d", MaxActions), "too many actions")
		}
		if !more {
			break
		}
	}
	for _, a := range list {
		if (a.Kind == "none" || a.Kind == "call") && len(list) > 1 {
			return a.Pos.errorAt(a.Kind+" alone, or other actions", "%s beside other actions", a.Kind)
		}
	}
	p.Handlers[kind] = list
	return nil
}

// parseAction reads one action and tells whether a ";" follows.
func parseAction(w *words) (a Action, more bool, err error) {
	part := *w
	part.line.text, more = cutAction(w.line.text, w.off)
	w.off = min(len(part.line.text)+1, len(w.line.text))
	x, _ := part.peek()
	a.Pos = part.line.at(x.at)
	a.Pos.Text = w.line.text
	if a.Kind, err = part.choice("action", actionKinds); err == nil {
		err = a.parseArgs(&part)
	}
	if err == nil {
		err = part.done()
	}
	if e, ok := err.(*Error); ok {
		e.Text = w.line.text
	}
	return a, more, err
}

// cutAction cuts text at the first ";" from offset on that is in no string.
func cutAction(text string, offset int) (before string, found bool) {
	quoted := false
	for i := offset; i < len(text); i++ {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == '\\' && quoted:
			i++
		case text[i] == ';' && !quoted:
			return text[:i], true
		}
	}
	return text, false
}

func (a *Action) parseArgs(w *words) (err error) {
	switch a.Kind {
	case "print":
		if a.Text, err = w.quotedString("a text"); err != nil {
			return err
		}
		for {
			if _, more := w.peek(); !more {
				return nil
			}
			x, err := w.expr("a value")
			if err != nil {
				return err
			}
			a.Args = append(a.Args, x)
		}
	case "stack":
		a.N = 8
		if _, more := w.peek(); more {
			a.N, err = w.integer("a number of words", 1, MaxStackWords)
		}
	case "set":
		return a.parseSet(w)
	case "return":
		a.N, err = w.integer("a value", 0, 1<<31-1)
	case "call":
		var x word
		x, err = w.next("a symbol")
		a.Text = x.text
	}
	return err
}

func (a *Action) parseSet(w *words) error {
	target, v, err := w.assignment()
	if err != nil {
		return err
	}
	a.Target, a.Args = target, []Expr{*v}
	return nil
}

// assignment takes a place, and the rest of the line as its value.
func (w *words) assignment() (target, value *Expr, err error) {
	place, err := w.expr("%register or memory such as u32[ADDR]")
	if err != nil {
		return nil, nil, err
	}
	switch place.Node.(type) {
	case *expr.Register, *expr.Memory:
	default:
		return nil, nil, place.Pos.errorAt("%register or memory such as u32[ADDR]", "%q cannot be set", place.Node)
	}
	v, err := w.rest("a value")
	return &place, &v, err
}

// Handler gives a handler's actions; ok is false where the probe has none of
// that kind.
func (p *Probe) Handler(kind string) (actions []Action, ok bool) {
	list, ok := p.Handlers[kind]
	if ok && len(list) == 1 && list[0].Kind == "none" {
		return nil, false
	}
	return list, ok || kind == "pre"
}

// String names the probe and its place.
func (p *Probe) String() string { return strings.TrimSpace(p.Name + " at " + p.At.Node.String()) }
