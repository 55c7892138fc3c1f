package fuzzsearch

import (
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/scenario"
)

// TestFoundBefore: scenarios that differed once, made small, do not any more.
func TestFoundBefore(t *testing.T) {
	folder := os.DirFS("testdata/found")
	files, err := os.ReadDir("testdata/found")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	config := Small
	config.Way = AllWays
	for _, file := range files {
		t.Run(strings.TrimSuffix(file.Name(), path.Ext(file.Name())), func(t *testing.T) {
			f, err := scenario.LoadFS(folder, file.Name())
			require.NoError(t, err)
			r := CompareFile(t.Context(), f, false, config)
			require.Empty(t, r.Discarded)
			require.Empty(t, r.Differences)
		})
	}
}
