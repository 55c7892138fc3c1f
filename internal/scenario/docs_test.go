package scenario_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/atomicfile"
	"trapline/internal/engines"
	"trapline/internal/format"
	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
	"trapline/internal/story"
)

const formatDoc = "../../docs/scenario-format.md"

// TestDocumentedExamplesRun runs the full examples of the documentation.
func TestDocumentedExamplesRun(t *testing.T) {
	doc, err := os.ReadFile(formatDoc)
	require.NoError(t, err)
	parts := strings.Split(string(doc), "```txtar\n")
	require.Len(t, parts, 3)
	for i := range parts[1:] {
		text, rest, ok := strings.Cut(parts[i+1], "```\n")
		require.True(t, ok)
		f := parse(t, text)
		if testkit.Updating() {
			_, err := scenario.CheckSteps(context.Background(), f, true)
			require.NoError(t, err)
			parts[i+1] = string(f.Bytes()) + "```\n" + rest
			continue
		}
		failures, err := scenario.CheckSteps(context.Background(), f, false)
		require.NoError(t, err)
		assert.Empty(t, failures)
		r := finish(t, f, f.Machine.Engine)
		assert.Empty(t, r.Judge(true))
	}
	if testkit.Updating() {
		require.NoError(t, atomicfile.Write(t.Context(), formatDoc, []byte(strings.Join(parts, "```txtar\n"))))
	}
}

// TestTheArgumentsTestsExist: docs/exploring.md names the test that would notice
// if an assumption were false, some with a star for several.
func TestTheArgumentsTestsExist(t *testing.T) {
	doc, err := os.ReadFile("../../docs/exploring.md")
	require.NoError(t, err)
	names := regexp.MustCompile("`(Test[A-Za-z0-9_]+)(\\*?)`").FindAllStringSubmatch(string(doc), -1)
	require.Greater(t, len(names), 15)
	var code strings.Builder
	require.NoError(t, filepath.WalkDir("..", func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			var text []byte
			text, err = os.ReadFile(path)
			code.Write(text)
		}
		return err
	}))
	for _, n := range names {
		end := "("
		if n[2] == "*" {
			end = ""
		}
		assert.Contains(t, code.String(), "\nfunc "+n[1]+end)
	}
}

func TestDocumentationNamesEverything(t *testing.T) {
	doc, err := os.ReadFile(formatDoc)
	require.NoError(t, err)
	for _, p := range format.PropertyNames(engines.Worlds...) {
		assert.Contains(t, string(doc), "`"+p+"`")
	}
	for _, m := range format.Members {
		assert.Contains(t, string(doc), m)
	}
}

// TestEveryJSONFieldIsDocumented looks for each field of a record.
func TestEveryJSONFieldIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/json.md")
	require.NoError(t, err)
	var walk func(reflect.Type)
	walk = func(x reflect.Type) {
		for x.Kind() == reflect.Pointer || x.Kind() == reflect.Slice {
			x = x.Elem()
		}
		if x.Kind() != reflect.Struct {
			return
		}
		for i := range x.NumField() {
			if name, _, _ := strings.Cut(x.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
				assert.Contains(t, string(doc), "`"+name+"`")
			}
			walk(x.Field(i).Type)
		}
	}
	for _, v := range []any{story.Record{}, scenario.ProbeEnd{}, scenario.Violation{}} {
		walk(reflect.TypeOf(v))
	}
}
