package outside

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"trapline/scenarios"
)

func TestScenarios(t *testing.T) { scenarios.Test(t, os.DirFS("testdata")) }

func TestLaterEngines(t *testing.T) {
	scenarios.Explore(t, os.DirFS("testdata"), scenarios.Search{Engine: "2005"}, scenarios.Search{Engine: "modern"})
}

// A handler in Go counts in the program's own memory: it is asked for by a
// condition of the file.
func TestHandler(t *testing.T) {
	f, err := scenarios.Load("testdata/two.txtar")
	if err != nil {
		t.Fatal(err)
	}
	err = f.Handle("entry", "pre", func(h *scenarios.Hit) {
		n, err := h.Eval("u32[counter]")
		if err == nil {
			err = h.Set("u32[counter]", n+1)
		}
		if err != nil {
			h.Log(err.Error())
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := scenarios.Open(t.Context(), f, scenarios.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	told := 0
	if err := r.Finish(t.Context(), func(ev *scenarios.Event) {
		if strings.Contains(ev.String(), "target") {
			told++
		}
	}); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Eval(0, "u32[counter]"); n != 2 || err != nil || told == 0 {
		t.Errorf("%d hits, %v, %d lines", n, err, told)
	}
}

// A property in Go finds the schedule in which a hit is missed, and a run of
// the schedule shows it.
func TestProperty(t *testing.T) {
	f, err := scenarios.Load("testdata/two.txtar")
	if err != nil {
		t.Fatal(err)
	}
	err = f.Check(scenarios.Property{Name: "every-hit", End: func(v *scenarios.View) string {
		if n, err := v.Eval("hits(entry)"); n != 2 || err != nil {
			return fmt.Sprintf("%d hits, %v", n, err)
		}
		return ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	x, err := scenarios.Search{Engine: "2002"}.Do(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if x.Found == nil || x.Found.Property != "every-hit" {
		t.Fatalf("%+v", x)
	}
	r, err := scenarios.Open(t.Context(), f, x.Found.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if v := r.Violations(); len(v) != 1 || v[0].Text != "1 hits, <nil>" {
		t.Error(v)
	}
	if x, err := (scenarios.Search{Engine: "modern"}).Do(t.Context(), f); err != nil || !x.Exhausted {
		t.Errorf("%+v, %v", x, err)
	}
}
