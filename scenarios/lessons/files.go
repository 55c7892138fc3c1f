// Package lessons embeds the files of this folder for the built-in library. Other
// modules use package scenarios.
package lessons

import "embed"

// Files are the folder's scenarios.
//
//go:embed *.txtar
var Files embed.FS
