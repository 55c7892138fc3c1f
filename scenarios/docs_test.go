package scenarios_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/scenarios"
	"trapline/scenarios/format"
)

const formatDoc = "../docs/scenario-format.md"

// TestDocumentedExampleRuns runs the full example of the documentation.
func TestDocumentedExampleRuns(t *testing.T) {
	doc, err := os.ReadFile(formatDoc)
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(doc), "```txtar\n")
	require.True(t, ok)
	text, _, ok := strings.Cut(rest, "```\n")
	require.True(t, ok)
	f := parse(t, text)
	if updating() {
		_, err := scenarios.CheckSteps(context.Background(), f, true)
		require.NoError(t, err)
		require.NoError(t, scenarios.WriteFile(formatDoc, []byte(strings.Replace(string(doc), text, string(f.Bytes()), 1))))
		return
	}
	failures, err := scenarios.CheckSteps(context.Background(), f, false)
	require.NoError(t, err)
	assert.Empty(t, failures)
	r := finish(t, f, f.Machine.Engine)
	assert.Empty(t, r.Judge(true))
}

func TestDocumentationNamesEverything(t *testing.T) {
	doc, err := os.ReadFile(formatDoc)
	require.NoError(t, err)
	for _, p := range format.PropertyNames() {
		assert.Contains(t, string(doc), "`"+p+"`")
	}
	for _, m := range format.Members {
		assert.Contains(t, string(doc), m)
	}
}
