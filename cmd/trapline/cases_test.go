package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// userCase is a program of others: how it is made, what trace is given, and what must be seen.
type userCase struct {
	file  string
	build string   // a command line behind which the file and -o NAME stand; "": lua runs the file
	trace []string // before "--"

	// native: output and status are the native run's. Otherwise these are, and standard error has each text.
	native bool
	status int
	stdout string
	stderr []string
}

var userCases = []userCase{
	{file: "fx.c", build: "gcc -O1", native: true},
	{file: "x87.c", build: "gcc -O1 -w -lm", native: true},
	{file: "m32t.c", build: "gcc -O1 -w -m32 -lm", native: true},
	{file: "t.lua", native: true},
	{file: "fe.c", build: "gcc -O1 -w -lm", native: true},
	{file: "fpe.c", build: "gcc -O1 -w -lm", native: true},
	{file: "xb.S", build: "gcc -nostdlib -static", status: 128 + 4},
	{file: "seg32.S", build: "gcc -nostdlib -static", status: 7, stdout: "compat"},
	{file: "aff.c", build: "gcc -O1", trace: []string{"--cpus", "2"}, stdout: "aff -1 22\ncount 2 cpu 0 nproc 2\nrl 0 5\ndup -1\n"},
	{file: "thr3.c", build: "gcc -O1 -pthread", trace: []string{"--engine", "uprobes-inline", "--cpus", "4", "-p", "p PROG:leaf", "-o", "/dev/null"}, stdout: "ok\n",
		stderr: []string{"hits were missed beside"}},
	{file: "ifn.c", build: "gcc -O1", trace: []string{"-p", "p:e PROG:foo %di"}, stdout: "15\n", stderr: []string{"implementation, impl", "arg1=0x0", "arg1=0x4"}},
	{file: "hello.c", build: "gcc -O1 -static -no-pie", trace: []string{"-p", "p PROG:0x401615"}, stdout: "total 25\n",
		stderr: []string{"0x401615 is an address of ", "expected the file offset, which is 0x1615", "EINVAL"}},
	{file: "go-uretprobe.go", build: "go build", trace: []string{"-p", "r PROG:main.grow"}, status: 2, stdout: "small 1\n", stderr: []string{"Go", "unexpected return pc"}},
}

// TestUserCases: the programs of the folder that TRAPLINE_CASES names do what its README says.
func TestUserCases(t *testing.T) {
	dir := os.Getenv("TRAPLINE_CASES")
	if dir == "" {
		t.Skip("TRAPLINE_CASES names no folder")
	}
	for _, c := range userCases {
		t.Run(c.file, func(t *testing.T) { c.run(t, dir) })
	}
	t.Run("all", func(t *testing.T) { everyCase(t, dir) })
	t.Run("rnd.c", func(t *testing.T) { seededCase(t, dir) })
	t.Run("cpp.cc", func(t *testing.T) { namesCase(t, dir) })
}

// elsewhere are the files of the folder that other tests look at, or that are for the host's kernel alone.
var elsewhere = []string{"rz.c", "rzfork.c", "sb-native.c", "rnd.c", "cpp.cc"}

// everyCase: no file of the folder is forgotten.
func everyCase(t *testing.T, dir string) {
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		known := slices.Contains(elsewhere, f.Name()) || slices.ContainsFunc(userCases, func(c userCase) bool { return c.file == f.Name() })
		assert.True(t, known, "%s has no check", f.Name())
	}
}

// madeCase builds a case's program; libraries stand last.
func madeCase(t *testing.T, dir, file, build string) string {
	t.Helper()
	prog := filepath.Join(t.TempDir(), "prog")
	build, library := strings.CutSuffix(build, " -lm")
	command := append(strings.Fields(build), "-o", prog, filepath.Join(dir, file))
	if library {
		command = append(command, "-lm")
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip(err)
	}
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return prog
}

func (c *userCase) run(t *testing.T, dir string) {
	var command []string
	if c.build == "" {
		lua, err := exec.LookPath("lua5.4")
		if err != nil {
			t.Skip(err)
		}
		command = []string{lua, filepath.Join(dir, c.file)}
	} else {
		command = []string{madeCase(t, dir, c.file, c.build)}
	}
	var args []string
	for _, a := range c.trace {
		args = append(args, strings.Replace(a, "PROG", command[0], 1))
	}
	stdout, stderr, code := trace(t, append(append(args, "--"), command...)...)
	if c.native {
		native := exec.Command(command[0], command[1:]...)
		out, _ := native.Output() // a status is no failure
		assert.Equal(t, string(out), stdout)
		assert.Equal(t, native.ProcessState.ExitCode(), code, stderr)
		return
	}
	assert.Equal(t, c.status, code, stderr)
	assert.Equal(t, c.stdout, stdout)
	for _, s := range c.stderr {
		assert.Contains(t, stderr, s)
	}
}

// seededCase: random instructions follow --seed and nothing else.
func seededCase(t *testing.T, dir string) {
	prog := madeCase(t, dir, "rnd.c", "gcc -O1")
	run := func(seed string) string {
		stdout, stderr, code := trace(t, "--seed", seed, "--", prog)
		require.Zero(t, code, stderr)
		return stdout
	}
	require.Equal(t, run("1"), run("1"))
	require.NotEqual(t, run("1"), run("2"))
}

// namesCase: each function that runs is hit by each name that a user could give it.
func namesCase(t *testing.T, dir string) {
	prog := madeCase(t, dir, "cpp.cc", "g++ -O0")
	for _, name := range []string{
		"ns::f(int)", "ns::f(const char*)", "ns::f(char const *)", "ns::f(const char *)", "ns::tw<int>", "ns::tw<int>(int)", "int ns::tw<int>(int)",
		"ns::tw<double>", "ns::tw<double>(double)", "ns::S::S", "ns::S::S(int)", "S::S", "ns::S::~S", "ns::S::~S()", "ns::S::get", "ns::S::get()", "ns::S::get() const", "S::get",
		"ns::S::operator==", "ns::S::operator==(ns::S const&)", "ns::S::operator==(const ns::S&) const", "thrower", "thrower(int)", "mid", "mid(int)", "main",
		"main::{lambda(int)#1}::operator()", "main::{lambda(int)#1}::operator()(int)", "main::{lambda(int)#1}::operator()(int) const", "ns::S::*", "ns::tw<*",
		"libstdc++.so.6:std::runtime_error::runtime_error(char const*)", "libstdc++.so.6:std::runtime_error::what() const", "libstdc++.so.6:std::runtime_error::what",
		"libstdc++.so.6:__cxa_throw",
	} {
		place := prog + ":" + name
		if strings.HasPrefix(name, "lib") {
			place = name
		}
		_, stderr, code := trace(t, "--strict", "-p", "p "+place+" %di", "--", prog)
		assert.Zero(t, code, "%s: %s", name, stderr)
		assert.Contains(t, stderr, "arg1=", name)
	}
}
