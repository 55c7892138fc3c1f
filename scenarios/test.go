package scenarios

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

	"trapline/scenarios/atomicfile"
)

// updateFlag is the flag of a test binary that rewrites golden steps.
const updateFlag = "update"

// Test runs every scenario file under fsys as a subtest: golden steps must be
// as the file says, and exactly the expected properties may be violated.
//
//	func TestScenarios(t *testing.T) { scenarios.Test(t, os.DirFS("testdata")) }
//
// When the test binary has a flag -update and it is set, the golden steps of
// files below an os.DirFS are written anew instead.
func Test(t *testing.T, fsys fs.FS) {
	t.Helper()
	found := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != Ext {
			return err
		}
		found++
		t.Run(strings.TrimSuffix(name, Ext), func(t *testing.T) { testFile(t, fsys, name) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found == 0 {
		t.Fatalf("no scenario files (*%s) found", Ext)
	}
}

func testFile(t *testing.T, fsys fs.FS, name string) {
	t.Helper()
	f, err := LoadFS(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), f.Machine.Time)
	defer cancel()
	if updating() {
		updateFile(ctx, t, f, fsys, name)
		return
	}
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
	for _, x := range append(failures, r.Judge(true)...) {
		t.Errorf("%s:%d: %s", name, x.Pos.Line, x.Text)
	}
}

func updating() bool {
	f := flag.Lookup(updateFlag)
	return f != nil && f.Value.String() == "true"
}

// updateFile writes the file with the outputs of this run. Only an os.DirFS
// says where its files are.
func updateFile(ctx context.Context, t *testing.T, f *File, fsys fs.FS, name string) {
	t.Helper()
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
