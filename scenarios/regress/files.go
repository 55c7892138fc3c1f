// Package regress embeds the files of this folder for the built-in library. Other
// modules use package scenarios.
package regress

import "embed"

// Files are the folder's scenarios.
//
//go:embed *.txtar
var Files embed.FS
