# `dotnet codeartifact`: everything else behind `dotnet` is completed as before.
complete --keep-order --no-files --command dotnet --condition '__fish_seen_subcommand_from codeartifact' --arguments "(set --local words (commandline --current-process --tokenize --cut-at-cursor); VARIABLE=fish PROGRAM -- dotnet-codeartifact \$words[3..] (commandline --current-token))"
