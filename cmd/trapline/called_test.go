package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// calledPrograms count their own calls and print how often each function was called, by the name that a user would write: what a
// probe by that name must have seen, wherever the compiler put the function's code.
var calledPrograms = map[string][][]string{
	"called.cc": {{"g++", "-O0"}, {"g++", "-O2"}, {"g++", "-O2", "-g", "-no-pie"}},
	"called.c":  {{"gcc", "-O0"}, {"gcc", "-O2"}, {"gcc", "-O3", "-fipa-cp-clone", "-g"}, {"gcc", "-O2", "-m32"}},
	"called.rs": {{"rustc", "-O"}, {"rustc", "-O", "-C", "symbol-mangling-version=v0"}, {"rustc"}},
	"go":        {{"go", "build"}, {"go", "build", "-ldflags=-s -w"}, {"go", "build", "-buildmode=pie", "-ldflags=-s -w"}},
}

var everyBuild = flag.Bool("every-build", false, "compile programs that count their calls in every way, not in one")

var calls = regexp.MustCompile(`(?m)^(\d+) (.+)$`)

// A probe by a function's name in source sees each of its calls.
func TestNamesSeeEveryCall(t *testing.T) {
	for source, builds := range calledPrograms {
		for i, build := range builds {
			if i != 1 && !*everyBuild { // the second is optimized, of Go stripped
				continue
			}
			t.Run(source+" "+strings.Join(build[1:], " "), func(t *testing.T) {
				if _, err := exec.LookPath(build[0]); err != nil {
					t.Skip(err)
				}
				prog := filepath.Join(t.TempDir(), "prog")
				cmd := exec.Command(build[0], append(build[1:len(build):len(build)], "-o", prog, "./testdata/called/"+source)...)
				cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
				out, err := cmd.CombinedOutput()
				require.NoError(t, err, "%s", out)
				seesCalls(t, prog)
			})
		}
	}
}

func seesCalls(t *testing.T, prog string) {
	native, err := exec.Command(prog).Output()
	require.NoError(t, err)
	args := []string{"--strict", "-o", os.DevNull, "--profile"}
	var want []int
	var names []string
	for _, m := range calls.FindAllStringSubmatch(string(native), -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		args = append(args, "-p", "p:e"+strconv.Itoa(len(want))+` "`+prog+":"+m[2]+`"`)
		want, names = append(want, n), append(names, m[2])
	}
	require.Greater(t, len(want), 7)
	stdout, stderr, code := trace(t, append(args, "--", prog)...)
	require.Zero(t, code, stderr)
	assert.Equal(t, string(native), stdout)
	got := make([]int, len(want))
	for _, m := range regexp.MustCompile(`(?m) e(\d+) +(\d+)$`).FindAllStringSubmatch(stderr, -1) {
		event, _ := strconv.Atoi(m[1])
		hits, _ := strconv.Atoi(m[2])
		got[event] += hits
	}
	for i, n := range names {
		assert.Equal(t, want[i], got[i], n)
	}
}
