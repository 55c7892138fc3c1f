//go:build !js

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
	"trapline/internal/web/live"
)

// The machine of the page, compiled for js/wasm and run by node: its states are
// those of a walk here. Chromium runs it in "make test-web".
func TestTheMachineInNode(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	wasm := filepath.Join(t.TempDir(), "machine.wasm")
	build := exec.Command("go", "build", "-o", wasm, ".")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	names := []string{"first-probe", "smp-missed-probe", "xol-slot"}
	var asked []live.Request
	for _, n := range names {
		asked = append(asked, live.Request{Do: "open", Scenario: n}, live.Request{Do: "step"}, live.Request{Do: "end"}, live.Request{Do: "step", Back: true}, live.Request{Do: "hash"})
	}
	asked = append(asked, live.Request{Do: "open", Lesson: "two-cpus-one-probe"}, live.Request{Do: "search"}, live.Request{Do: "answer", Text: "kprobe_lock"})
	for i := range asked {
		asked[i].ID = i + 1
	}
	requests, err := json.Marshal(asked)
	require.NoError(t, err)
	cmd := exec.Command("node", "testdata/ask.mjs", filepath.Join(strings.TrimSpace(string(goroot)), "lib/wasm/wasm_exec.js"), wasm, string(requests))
	cmd.Stderr = os.Stderr
	out, err = cmd.Output()
	require.NoError(t, err, "node is Debian's nodejs: make deps-test")
	var answers []live.Answer
	for line := range bytes.Lines(out) {
		var a live.Answer
		require.NoError(t, json.Unmarshal(line, &a), "%s", line)
		require.Empty(t, a.Error)
		answers = append(answers, a)
	}
	require.Len(t, answers, len(asked))
	for i, n := range names {
		f, err := scenario.Load(n)
		require.NoError(t, err)
		w, err := walk.Open(t.Context(), f, walk.Options{Record: walk.DefaultRecord})
		require.NoError(t, err)
		require.NoError(t, w.Goto(t.Context(), answers[5*i+3].View.Moment.At))
		require.Equal(t, fmt.Sprintf("%016x", w.Hash()), answers[5*i+4].Hash, n)
		w.Close()
	}
	last := answers[len(answers)-2:]
	require.True(t, last[0].Search.Found)
	require.Contains(t, last[1].Question.Verdict, "Right")
}
