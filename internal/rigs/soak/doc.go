// Package soak holds the long run: random scenarios under random engines and
// schedules, probed programs, arbitrary guest bytes and snapshots, for as long
// as -soak says, with memory, goroutines and library instances watched.
//
//	go test ./internal/rigs/soak -run TestSoak -soak 10m -timeout 30m -v
//
// Without -soak it runs for a few seconds.
package soak
