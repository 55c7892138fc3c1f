package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/sched"
)

// ErrBadSchedule is returned for a text that is no schedule of the scenario.
var ErrBadSchedule = errors.New("bad schedule")

// OpenScheduled opens a scenario for a printed schedule. A schedule of a
// search belongs to direct mode, or with kernel text to none, which its checksum
// tells; o.Direct demands direct mode.
func OpenScheduled(ctx context.Context, f *File, o Options, schedule string) (*Run, sched.Schedule, error) {
	r, err := Open(ctx, f, o)
	if err != nil {
		return nil, sched.Schedule{}, err
	}
	s, err := r.ParseSchedule(schedule)
	if err == nil {
		return r, s, nil
	}
	err = r.ofMicroSteps(schedule, err)
	r.Close()
	if !o.Direct && errors.Is(err, sched.ErrOtherScenario) {
		o.Direct = true
		direct, again, derr := OpenScheduled(ctx, f, o, schedule)
		if !errors.Is(derr, sched.ErrOtherScenario) {
			return direct, again, derr
		}
	}
	return nil, sched.Schedule{}, fmt.Errorf("%w: %w", ErrBadSchedule, err)
}

// ofMicroSteps says of a schedule that does not fit, for err, that it is one of
// micro-steps, which searches made of the scenario before they knew that these leave
// out what it asks for.
func (r *Run) ofMicroSteps(schedule string, err error) error {
	if !errors.Is(err, sched.ErrOtherScenario) {
		return err
	}
	why := r.hiddenByMicroSteps()
	if why == "" || r.world.SetDirect(true, nil) != nil {
		return err
	}
	r.Options.Direct = true
	if _, earlier := r.ParseSchedule(schedule); earlier != nil {
		return err
	}
	return fmt.Errorf("schedule of micro-steps, which do not show this scenario, because %s: search again", why)
}

// Shown is what one line of a member schedule or explore came to.
type Shown struct {
	Pos     format.Pos
	Text    string // what it showed, in a line
	Failure string // what it should have shown, or ""
	Places  Places // of a schedule
}

// Failures are what did not come true of it: one, or none.
func (s Shown) Failures() []Failure {
	if s.Failure == "" {
		return nil
	}
	return []Failure{{Pos: s.Pos, Text: s.Failure}}
}

// CheckSchedules runs each schedule that the file keeps and gives what it
// shows to see (V6). A schedule of another scenario, or of this one before it
// was changed, is a *format.Error.
func CheckSchedules(ctx context.Context, f *File, see func(Shown)) error {
	for i := range f.Schedules {
		s := &f.Schedules[i]
		if err := f.checkEngineAt(s.Engine, s.Pos); err != nil {
			return err
		}
		x, err := f.checkSchedule(ctx, s)
		if err != nil {
			return err
		}
		see(x)
	}
	return nil
}

func (f *File) checkSchedule(ctx context.Context, s *format.Schedule) (Shown, error) {
	r, schedule, err := OpenScheduled(ctx, f, Options{Engine: s.Engine}, s.Text)
	if errors.Is(err, sched.ErrOtherScenario) || errors.Is(err, ErrOtherText) {
		return Shown{}, s.Pos.Error(f.Name, "a schedule of this scenario as it is now: search again, with explore --pin", "%v", err)
	}
	if err != nil {
		return Shown{}, err
	}
	defer r.Close()
	err = r.Follow(ctx, sched.NewReplay(schedule), nil)
	if errors.Is(err, ErrSchedule) {
		return Shown{}, s.Pos.Error(f.Name, "", "%v", err)
	}
	if err != nil {
		return Shown{}, err
	}
	places, err := PlacesOf(ctx, f, r.Options, schedule)
	if err != nil {
		return Shown{}, err
	}
	x := Shown{Pos: s.Pos, Text: "holds", Failure: differs(s.Violates, r.Violations()), Places: places}
	if list := r.Violations(); len(list) > 0 {
		x.Text = "violates " + violationsText(list)
	} else if r.state.cut {
		x.Failure = "the run did not end: " + r.Done()
	}
	return x, nil
}

// differs says how violations differ from those that were expected, or "".
func differs(want []format.Expectation, got []Violation) string {
	var list []string
	expected := map[string]bool{}
	for _, e := range want {
		expected[e.Property] = true
		v, ok := find(got, e.Property)
		switch {
		case !ok:
			list = append(list, e.Property+" was to be violated, and held")
		case e.Row != "" && v.Row != "" && e.Row != v.Row:
			list = append(list, fmt.Sprintf("%s was to come by row %s, and came by row %s", e.Property, e.Row, v.Row))
		}
	}
	for _, v := range got {
		if !expected[v.Property] {
			list = append(list, "violated: "+v.String())
		}
	}
	return strings.Join(list, "; ")
}

func violationsText(list []Violation) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.String()
	}
	return strings.Join(texts, "; ")
}

// CheckSearches searches what the member explore says, with the workers and
// bounds of o, each for at most the file's time, and gives what it shows to see.
func CheckSearches(ctx context.Context, f *File, o explore.Options, see func(Shown)) error {
	for i := range f.Searches {
		s := &f.Searches[i]
		x, err := f.checkSearch(ctx, s, o)
		if err != nil {
			return err
		}
		see(x)
	}
	return nil
}

func (f *File) checkSearch(ctx context.Context, s *format.Search, o explore.Options) (Shown, error) {
	if err := f.checkEngineAt(s.Engine, s.Pos); err != nil {
		return Shown{}, err
	}
	search := Search{Engine: s.Engine, KernelText: s.KernelText, Time: f.Machine.Time, Options: o}
	if err := search.Bound(s.Bound); err != nil {
		return Shown{}, s.Pos.Error(f.Name, "", "%v", err)
	}
	x, err := search.Do(ctx, f)
	if err != nil {
		return Shown{}, err
	}
	shown := Shown{Pos: s.Pos, Text: x.Verdict().String()}
	switch {
	case x.Found != nil:
		shown.Text += ": " + x.Violation.String()
		shown.Failure = differs(s.Violates, x.Violations)
	case len(s.Violates) > 0:
		shown.Failure = differs(s.Violates, nil)
	case !x.Verdict().Exhausted:
		shown.Failure = "every schedule was to be covered"
	}
	return shown, emu.Ended(ctx)
}

// checkEngineAt judges the name of an engine in the file; "" is the file's own.
func (f *File) checkEngineAt(engine string, at format.Pos) error {
	if engine == "" {
		return nil
	}
	if err := f.CheckEngine(engine); err != nil {
		return at.Error(f.Name, "", "%v", err)
	}
	return nil
}

// Pin is the line of the member schedule that keeps what a search of f found. Its errors
// say why there can be none.
func (s *Searched) Pin(f *File) (format.Schedule, error) {
	if s.Untold() {
		return format.Schedule{}, errors.New("no schedule shows it whole, so that there is nothing to pin")
	}
	if len(f.handlers) > 0 {
		return format.Schedule{}, errors.New("the file has no handlers in Go, and without them the schedule is another scenario's")
	}
	p := format.Schedule{Text: s.Schedule()}
	if s.Options.Engine != f.Machine.Engine {
		p.Engine = s.Options.Engine
	}
	for _, v := range s.Violations {
		if slices.ContainsFunc(f.properties, func(g Property) bool { return g.Name == v.Property }) {
			return p, fmt.Errorf("%s is a property in Go, which the file cannot name", v.Property)
		}
		p.Violates = append(p.Violates, format.Expectation{Property: v.Property, Row: v.Row})
	}
	if n := len(p.Print()); n > format.MaxLine {
		return p, fmt.Errorf("a schedule of %d bytes is too long for a line of the file; expected at most %d", n, format.MaxLine)
	}
	kept := slices.ContainsFunc(f.Schedules, func(k format.Schedule) bool { return k.Text == p.Text })
	if n := len(f.Schedules); n >= format.MaxSearches && !kept {
		return p, fmt.Errorf("the file has %d schedules; expected at most %d", n, format.MaxSearches)
	}
	return p, nil
}

// Expects reports whether the file's member explore says that a search under
// an engine finds exactly what this one found.
func (f *File) Expects(engine string, x *Searched) bool {
	line := f.searched(engine)
	return line != nil && len(line.Violates) > 0 && differs(line.Violates, x.Violations) == ""
}
