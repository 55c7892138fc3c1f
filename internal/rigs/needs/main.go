// Needs runs the module's tests without cgo, hence without the CPU library:
//
//	needs            all but those of needs.txt
//	needs -listed    those of needs.txt: every line has a test that fails
//
// Arguments are packages, relative to the module; none means all.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

//go:embed needs.txt
var list string

// module is the module's path with a slash.
const module = "trapline/"

// reasonTag is the reason of tests that are not even built without the library.
const reasonTag = "tag"

// need is a line of needs.txt.
type need struct {
	pkg     string // without the module's path
	pattern string
	reason  string
}

// parse reads needs.txt.
func parse(text string) ([]need, error) {
	var l []need
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Fields(line)
		if len(f) < 3 {
			return nil, fmt.Errorf("needs.txt:%d: expected a package, a pattern and a reason", i+1)
		}
		l = append(l, need{f[0], f[1], strings.Join(f[2:], " ")})
	}
	return l, nil
}

// anchored is the pattern for go test: each part matches a whole name.
func (n need) anchored() string {
	parts := strings.Split(n.pattern, "/")
	for i, p := range parts {
		parts[i] = "^(" + p + ")$"
	}
	return strings.Join(parts, "/")
}

// skip is the pattern of pkg's tests that need the library, or "". go test takes
// the first alternative that matches, and one that goes deeper than a name skips
// nothing: the deepest stand last.
func skip(l []need, pkg string) string {
	var patterns []string
	for _, n := range l {
		if n.pkg == pkg {
			patterns = append(patterns, n.anchored())
		}
	}
	slices.SortStableFunc(patterns, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	return strings.Join(patterns, "|")
}

func main() {
	listed := flag.Bool("listed", false, "run the listed tests, which must fail")
	flag.Parse()
	if err := run(*listed, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(listed bool, pkgs []string) error {
	l, err := parse(list)
	if err != nil {
		return err
	}
	if listed {
		return mustFail(l, pkgs)
	}
	if len(pkgs) == 0 {
		out, err := command("list", "./...").Output()
		if err != nil {
			return fmt.Errorf("go list: %w", err)
		}
		for _, p := range strings.Fields(string(out)) {
			pkgs = append(pkgs, strings.TrimPrefix(p, module))
		}
	}
	whole := []string{"test"} // packages of which nothing is left out
	var runs [][]string
	for _, p := range pkgs {
		if s := skip(l, p); s != "" {
			runs = append(runs, []string{"test", "-skip", s, module + p})
		} else {
			whole = append(whole, module+p)
		}
	}
	if len(whole) > 1 {
		runs = append(runs, whole)
	}
	for _, args := range runs {
		c := command(args...)
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		err = errors.Join(err, c.Run())
	}
	return err
}

// mustFail reports lines whose tests pass.
func mustFail(l []need, pkgs []string) error {
	var stale error
	for _, n := range l {
		if n.reason == reasonTag || len(pkgs) > 0 && !slices.Contains(pkgs, n.pkg) {
			continue
		}
		out, err := command("test", "-run", n.anchored(), module+n.pkg).CombinedOutput()
		switch {
		case err == nil:
			stale = errors.Join(stale, fmt.Errorf("%s %s passes without the library", n.pkg, n.pattern))
		case !strings.Contains(string(out), "--- FAIL: "):
			stale = errors.Join(stale, fmt.Errorf("%s %s: %s", n.pkg, n.pattern, out))
		default:
			fmt.Println("needed by", n.pkg, n.pattern)
		}
	}
	return stale
}

func command(args ...string) *exec.Cmd {
	c := exec.Command("go", args...)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	return c
}
