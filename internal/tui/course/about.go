package course

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"trapline/docs"
	"trapline/internal/expr"
	"trapline/internal/linux/abi"
	"trapline/internal/scenario"
	"trapline/internal/tui/quiz"
)

// about is what a lesson and its machine have to say of answers to one of its questions.
type about struct {
	lesson   *Lesson
	question *Question
}

// maxErrno is the last error number that there may be a name for.
const maxErrno = 530

var wordOf = regexp.MustCompile(`[a-z0-9#]+`)

// Knows implements quiz.About: a word is known that the course, the scenario, its
// engine, its symbols or the rows have, or that is an error's or a signal's name.
func (a *about) Knows(word string) bool {
	if strings.HasPrefix(word, "sig") {
		return true
	}
	for text := range a.texts() {
		if text = strings.ToLower(text); strings.Contains(text, word) && slices.Contains(wordOf.FindAllString(text, -1), word) {
			return true
		}
	}
	return false
}

func (a *about) texts() iter.Seq[string] {
	return func(yield func(string) bool) {
		list := a.lesson.words()
		if f, err := a.lesson.Open(); err == nil {
			list = append(list, string(f.Bytes()), strings.Join(f.Engines(), " "))
			list = append(list, machineWords(f, a.lesson.Engine)...)
		}
		for e := range abi.Errno(maxErrno) {
			list = append(list, e.Name())
		}
		for _, g := range rows() {
			for _, r := range g.Rows {
				list = append(list, r.ID+" "+r.Title+" "+r.Text)
			}
		}
		for _, s := range list {
			if !yield(s) {
				return
			}
		}
	}
}

func rows() []docs.Group {
	list, err := docs.Groups()
	if err != nil {
		return nil
	}
	return list
}

// words are the texts of a lesson.
func (l *Lesson) words() []string {
	list := []string{l.Title, l.Text}
	for _, q := range l.Questions {
		list = append(list, q.Text, q.Hint, q.Because)
		list = append(list, q.Answers...)
		for _, w := range q.Wrong {
			list = append(list, w.Answer, w.Means)
		}
	}
	return list
}

// machineWords are the names of an opened scenario's symbols, and what its
// engine's diagram says.
func machineWords(f *scenario.File, engine string) (list []string) {
	r, err := scenario.Open(context.Background(), f, scenario.Options{Engine: engine})
	if err != nil {
		return nil
	}
	defer r.Close()
	for s := range r.Names().Symbols.All() {
		list = append(list, s.Name)
	}
	e := r.Describe()
	for _, l := range e.Locks {
		list = append(list, l.Name)
	}
	for _, s := range e.States {
		list = append(list, s.Name+" "+s.Does)
	}
	return list
}

// showTime bounds the search for where a wrong answer is shown, and showSteps the steps
// that are made for it.
const (
	showTime  = 2 * time.Second
	showSteps = 4000
)

// Shows implements quiz.About. A number is sought where the proof of the answer
// reads it: without what is changed for the question, at other moments, under other
// engines, in other registers. Of a register or a flag its value is told.
func (a *about) Shows(ctx context.Context, g quiz.Given) string {
	ctx, cancel := context.WithTimeout(ctx, showTime)
	defer cancel()
	for _, p := range a.question.Proofs {
		if p.Search {
			continue
		}
		if g.Place != "" {
			return a.value(ctx, p, g.Place)
		}
		if what, ok := a.reads(p); ok {
			return a.elsewhere(ctx, p, what, g.Numbers)
		}
	}
	return ""
}

// reads is the expression that a proof ends in printing, if its value is the answer.
func (a *about) reads(p Proof) (expr.Node, bool) {
	text, ok := strings.CutPrefix(p.Directives[len(p.Directives)-1], "print ")
	if !ok || !a.question.Right(p.Prints) {
		return nil, false
	}
	n, err := expr.Parse(text)
	if err != nil {
		return nil, false
	}
	if b, ok := n.(*expr.Binary); ok && slices.Contains([]string{"==", "!=", "<", "<=", ">", ">=", "&&", "||"}, b.Op) {
		return nil, false
	}
	return n, true
}

// value tells what a register or a flag is at the moment of a proof.
func (a *about) value(ctx context.Context, p Proof, place string) string {
	there, ok := a.number(ctx, p, p.Directives, place)
	if !ok {
		return ""
	}
	before, ok := a.number(ctx, p, nil, place)
	switch {
	case !ok || len(p.Directives) == 1:
		return fmt.Sprintf("%s is %#x there.", place, there)
	case before == there:
		return fmt.Sprintf("%s is %#x there, as at the start.", place, there)
	}
	return fmt.Sprintf("%s is %#x there, and %#x at the start.", place, there, before)
}

// number carries out directives and gives what an expression is then.
func (a *about) number(ctx context.Context, p Proof, directives []string, what string) (uint64, bool) {
	if n := len(directives); n > 0 && strings.HasPrefix(directives[n-1], "print ") {
		directives = directives[:n-1]
	}
	f, engine, err := a.lesson.where(p)
	if err != nil {
		return 0, false
	}
	p.Directives = append(slices.Clone(directives), "print "+what)
	out, err := printed(ctx, f, engine, p)
	if err != nil {
		return 0, false
	}
	return shownNumber(out)
}

// shownNumber is the number in what the directive print prints.
func shownNumber(out string) (uint64, bool) {
	_, text, _ := strings.Cut(out, " = ")
	text, _, _ = strings.Cut(text, " ")
	n, err := strconv.ParseUint(text, 0, 64)
	return n, err == nil
}

// changes reports whether a directive changes the run.
func changes(directive string) bool {
	verb, _, _ := strings.Cut(directive, " ")
	return slices.Contains([]string{"set", "go", "echo", "insmod", "rmmod"}, verb)
}

// elsewhere says where else than in a proof an expression is one of some numbers.
func (a *about) elsewhere(ctx context.Context, p Proof, what expr.Node, numbers []uint64) string {
	is := func(p Proof, directives []string) bool {
		n, ok := a.number(ctx, p, directives, what.String())
		return ok && slices.Contains(numbers, n)
	}
	unchanged := slices.DeleteFunc(slices.Clone(p.Directives), changes)
	if len(unchanged) < len(p.Directives) && is(p, unchanged) {
		return fmt.Sprintf("That is %s without the change that is asked about.", what)
	}
	f, engine, err := a.lesson.where(p)
	if err != nil {
		return ""
	}
	own := a.lesson.Engine
	if p.Engine != "" && is(Proof{Scenario: p.Scenario, Engine: own}, p.Directives) {
		return fmt.Sprintf("That is %s under the lesson's own engine; asked for is engine %s.", what, p.Engine)
	}
	if at := moment(ctx, f, engine, cpuOf(p.Directives), what.String(), numbers); at != "" {
		return fmt.Sprintf("That is %s %s: another moment than the one that is asked for.", what, at)
	}
	list := f.Engines()
	for _, e := range append(list[1:len(list):len(list)], list[0]) { // the kernel without probes last
		if e != engine && is(Proof{Scenario: p.Scenario, Engine: e}, p.Directives) {
			return fmt.Sprintf("That is %s under engine %s.", what, e)
		}
	}
	return ""
}

// cpuOf is the vCPU that directives speak of.
func cpuOf(directives []string) string {
	for _, d := range directives {
		if cpu, ok := strings.CutPrefix(d, "cpu "); ok {
			return cpu
		}
	}
	return "0"
}

// moment is the first one of a scenario's own run at which an expression is one of
// some numbers: "after step 12, at main+5".
func moment(ctx context.Context, f *scenario.File, engine, cpu, what string, numbers []uint64) string {
	f, err := f.With(map[string][]byte{"steps": []byte("> cpu " + cpu + "\n> print " + what + "\n"), "lesson": nil})
	if err != nil {
		return ""
	}
	r, err := scenario.Open(ctx, f, scenario.Options{Engine: engine})
	if err != nil {
		return ""
	}
	defer r.Close()
	t := scenario.NewTranscript(r)
	if _, err := t.Do(ctx, &f.Steps[0]); err != nil {
		return ""
	}
	for range showSteps {
		out, err := t.Do(ctx, &f.Steps[1])
		if err != nil || ctx.Err() != nil {
			return ""
		}
		if n, ok := shownNumber(out); ok && slices.Contains(numbers, n) {
			if r.Steps() == 0 {
				return "at the start"
			}
			c, _ := strconv.Atoi(cpu)
			return fmt.Sprintf("after step %d, with cpu%s at %s", r.Steps(), cpu, r.Names().Addr(r.Machine.CPUs[c].LinearPC()))
		}
		next, more := r.Next()
		if !more {
			return ""
		}
		r.Step(next)
	}
	return ""
}
