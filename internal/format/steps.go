package format

import (
	"fmt"
	"strings"

	"trapline/internal/sched"
)

// Step is one directive with the output that it must give.
//
//	"> " directive NL { output line NL }
//	directive = "step" [ N ]           do N steps (1)
//	          | "until" EXPR           run until the cpu is about to run the instruction there
//	          | "trap" [ VECTOR ]      run until a vector has been delivered
//	          | "hit" [ N ]            run until a probe's handlers begin for the Nth time from here (1)
//	          | "run"                  run to the end
//	          | "go" N [ STEPS ]       that actor takes the next steps (1): a vCPU, or behind them an interrupt
//	          | "level" LEVEL          how much of the story the six above tell: quiet, normal, verbose, none
//	          | "set" PLACE EXPR       changes a register, a flag or memory of the cpu
//	          | "cpu" N                the cpu that "until" and what follows are about
//	          | "regs" | "stack" [ N ] | "mem" N "at" EXPR | "code" N "at" EXPR | "gate" VECTOR
//	          | "probes" | "locks" | "tasks" | "log" | "print" EXPR
//	          | "echo" TEXT ( ">" | ">>" ) FILE | "cat" FILE     a file of tracefs, such as kprobe_events
//	          | "insmod" NAME | "rmmod" NAME                     a module comes, or goes
//	          | "trace" | "profile" | "output" | "maps" | "exit"     of a Linux program
//
// Output lines are compared byte for byte, blanks at their ends and empty
// lines at the end of the output apart.
type Step struct {
	Pos    Pos
	Verb   string
	N      int // -1 where it was left out
	Expr   *Expr
	Target *Expr  // set: an expr.Register or expr.Memory
	Actor  int    // go
	Word   string // level; echo and cat: the file; insmod and rmmod: the module
	Text   string // echo
	Append bool   // echo: >>
	Want   string // the golden output, lines that end with NL, or ""

	text string // as written, without "> "
}

// Directive is the directive as the file has it.
func (s *Step) Directive() string { return s.text }

// Levels of a story.
var Levels = []string{"none", "quiet", "normal", "verbose"}

var verbs = []string{"step", "until", "trap", "hit", "run", "go", "level", "set", "cpu", "regs", "stack", "mem", "code",
	"gate", "probes", "locks", "tasks", "log", "print", "echo", "cat", "insmod", "rmmod",
	"trace", "profile", "output", "maps", "exit"}

const prompt = "> "

// MaxDump bounds the bytes of mem and the instructions of code.
const MaxDump = 1024

func (f *File) parseSteps(lines []line) error {
	for _, l := range lines {
		directive, ok := strings.CutPrefix(l.text, prompt)
		if !ok {
			if err := f.addOutput(l); err != nil {
				return err
			}
			continue
		}
		s, err := parseStep(l, len(prompt), strings.TrimSpace(directive), verbs)
		if err != nil {
			return err
		}
		if f.Steps = append(f.Steps, s); len(f.Steps) > MaxItems {
			return l.at(0).errorAt(fmt.Sprintf("at most %d", MaxItems), "too many steps")
		}
	}
	for i := range f.Steps {
		f.Steps[i].Want = TidyOutput(f.Steps[i].Want)
	}
	return nil
}

// parseStep reads the directive at an offset of a line.
func parseStep(l line, offset int, text string, among []string) (Step, error) {
	w := &words{line: l, off: offset}
	s := Step{Pos: l.at(offset), N: -1, text: text}
	var err error
	if s.Verb, err = w.choice("directive", among); err != nil {
		return s, err
	}
	if err = s.parseArgs(w); err != nil {
		return s, err
	}
	return s, w.done()
}

// ParseDirective reads a line of a file that is one of some directives. Its errors are *Error.
func ParseDirective(file string, number int, text string, among ...string) (Step, error) {
	s, err := parseStep(line{number, text}, 0, strings.TrimSpace(text), among)
	if e, ok := err.(*Error); ok {
		e.File = file
	}
	return s, err
}

func (f *File) addOutput(l line) error {
	if len(f.Steps) == 0 {
		if l.skipped() {
			return nil
		}
		return l.at(0).errorAt(`a directive first, such as "> run"`, "output of no directive")
	}
	f.Steps[len(f.Steps)-1].Want += l.text + "\n"
	return nil
}

func (s *Step) parseArgs(w *words) (err error) {
	switch s.Verb {
	case "step", "hit", "trap", "stack":
		if _, more := w.peek(); !more {
			return nil
		}
		fallthrough
	case "gate", "cpu":
		s.N, err = s.number(w)
	case "go":
		if s.Actor, err = w.integer("a vCPU, or behind them an interrupt,", 0, sched.MaxActors-1); err != nil {
			return err
		}
		if _, more := w.peek(); more {
			s.N, err = w.integer("a number", 1, MaxSteps)
		}
	case "set":
		s.Target, s.Expr, err = w.assignment()
	case "mem", "code":
		if s.N, err = w.integer("a number", 1, MaxDump); err != nil {
			return err
		}
		if err = w.keyword("at"); err != nil {
			return err
		}
		fallthrough
	case "until", "print":
		var x Expr
		x, err = w.rest("an expression")
		s.Expr = &x
	case "level":
		s.Word, err = w.choice("level", Levels)
	case "echo":
		err = s.parseEcho(w)
	case "cat", "insmod", "rmmod":
		var x word
		x, err = w.next("a name")
		s.Word = x.text
	}
	return err
}

// number takes the number of a directive that has its own bound.
func (s *Step) number(w *words) (int, error) {
	limit := map[string]int{"step": MaxSteps, "hit": MaxSteps, "stack": MaxStackWords, "cpu": 7}[s.Verb]
	if limit == 0 {
		limit = 255
	}
	return w.integer("a number", 0, limit)
}

// TidyOutput drops blanks at the ends of lines and empty lines at the end.
func TidyOutput(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	s = strings.TrimRight(strings.Join(lines, "\n"), "\n")
	if s == "" {
		return ""
	}
	return s + "\n"
}

func printSteps(steps []Step) []byte {
	var b strings.Builder
	for i, s := range steps {
		if i > 0 && steps[i-1].Want != "" {
			b.WriteString("\n")
		}
		b.WriteString(prompt + s.text + "\n" + s.Want)
	}
	return []byte(b.String())
}
