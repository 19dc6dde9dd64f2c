// The commands of inkan. All printing of the program happens in this room.
#pragma once

// Runs the command line and returns the exit status.
int cli_main(int argc, char **argv);
