package scenario

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"trapline/internal/atomicfile"
	"trapline/internal/explore"
	"trapline/internal/format"
)

// updateFlag is the flag of a test binary that rewrites golden steps.
const updateFlag = "update"

// Test runs every scenario file under fsys as a parallel subtest: golden steps
// must be as the file says, exactly the expected properties may be violated,
// and its schedules and searches (the members schedule and explore) must show
// what they say.
//
//	func TestScenarios(t *testing.T) { scenario.Test(t, os.DirFS("testdata")) }
//
// When the test binary has a flag -update and it is set, the golden steps of
// files below an os.DirFS are written anew instead.
func Test(t *testing.T, fsys fs.FS) {
	t.Helper()
	eachFile(t, fsys, testFile)
}

// Explore searches every schedule of each scenario file under fsys, each file a
// parallel subtest: every schedule must be covered within the file's time, and
// hold. Searches other than that are given behind; a random one must only hold.
// Where the file's member explore has a line for a search's engine, that says
// what must be found.
//
//	func TestSchedules(t *testing.T) { scenario.Explore(t, os.DirFS("testdata")) }
func Explore(t *testing.T, fsys fs.FS, searches ...Search) {
	t.Helper()
	if len(searches) == 0 {
		searches = []Search{{}}
	}
	eachFile(t, fsys, func(t *testing.T, fsys fs.FS, name string) {
		f, err := LoadFS(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Parallel()
		for _, s := range searches {
			t.Run(s.name(f), func(t *testing.T) { exploreFile(t, f, s) })
		}
	})
}

// eachFile runs a subtest for each scenario file under fsys.
func eachFile(t *testing.T, fsys fs.FS, do func(t *testing.T, fsys fs.FS, name string)) {
	t.Helper()
	found := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != Ext {
			return err
		}
		found++
		t.Run(strings.TrimSuffix(name, Ext), func(t *testing.T) { do(t, fsys, name) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatalf("no scenario files (*%s) found", Ext)
	}
}

// name is the subtest's.
func (s Search) name(f *File) string {
	engine, strategy := s.Engine, s.Strategy
	if engine == "" {
		engine = f.Machine.Engine
	}
	if strategy == "" {
		strategy = DFS
	}
	return engine + "/" + string(strategy)
}

func exploreFile(t *testing.T, f *File, s Search) {
	t.Helper()
	if s.Time == 0 {
		s.Time = f.Machine.Time
	}
	x, err := s.Do(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	at, want := 1, []format.Expectation(nil)
	if line := f.searched(s.Engine); line != nil {
		at, want = line.Pos.Line, line.Violates
	}
	if x.Found != nil {
		if d := differs(want, x.Violations); d != "" {
			t.Errorf("%s:%d: %s\n%v\nagain: trapline run %s --engine %s --schedule %s", f.Name, at, d, x.Verdict(), f.Name, x.Options.Engine, x.Schedule())
		}
		return
	}
	if d := differs(want, nil); d != "" {
		t.Errorf("%s:%d: %s\n%v", f.Name, at, d, x.Verdict())
	} else if !x.Verdict().Exhausted && (s.Strategy == DFS || s.Strategy == "") {
		t.Errorf("%s: every schedule was to be covered: %v", f.Name, x.Verdict())
	}
}

// searched is the line of the member explore for an engine, nil if there is none.
func (f *File) searched(engine string) *format.Search {
	own := func(name string) string {
		if name == "" {
			return f.Machine.Engine
		}
		return name
	}
	for i := range f.Searches {
		if own(f.Searches[i].Engine) == own(engine) {
			return &f.Searches[i]
		}
	}
	return nil
}

func testFile(t *testing.T, fsys fs.FS, name string) {
	t.Helper()
	f, err := LoadFS(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	if updating() {
		updateFile(t, f, fsys, name)
		return
	}
	t.Parallel()
	failures := ownFailures(t, f)
	judge := func(x Shown) { failures = append(failures, x.Failures()...) }
	if err := CheckSchedules(t.Context(), f, judge); err != nil {
		t.Fatal(err)
	}
	if err := CheckSearches(t.Context(), f, explore.Options{}, judge); err != nil {
		t.Fatal(err)
	}
	for _, x := range failures {
		t.Errorf("%s:%d: %s", name, x.Pos.Line, x.Text)
	}
}

// ownFailures are those of the file's own run and its golden steps.
func ownFailures(t *testing.T, f *File) []Failure {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), f.Machine.Time)
	defer cancel()
	failures, err := CheckSteps(ctx, f, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(ctx, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Finish(ctx, nil); err != nil {
		t.Fatal(err)
	}
	return append(failures, r.Judge(true)...)
}

func updating() bool {
	f := flag.Lookup(updateFlag)
	return f != nil && f.Value.String() == "true"
}

// updateFile writes the file with the outputs of this run. Only an os.DirFS
// says where its files are.
func updateFile(t *testing.T, f *File, fsys fs.FS, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), f.Machine.Time)
	defer cancel()
	if reflect.TypeOf(fsys) != reflect.TypeOf(os.DirFS(".")) {
		t.Fatalf("-%s needs files in a folder: pass os.DirFS(FOLDER)", updateFlag)
	}
	if _, err := CheckSteps(ctx, f, true); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(reflect.ValueOf(fsys).String(), filepath.FromSlash(name))
	if err := atomicfile.Write(ctx, file, f.Bytes()); err != nil {
		t.Fatalf("write %s: %v", file, err)
	}
}
