# Installs nuget-plugin-codeartifact for this user, or removes it. -Help names the options.
#
#   irm https://github.com/nuget-plugin-codeartifact/nuget-plugin-codeartifact/releases/latest/download/install.ps1 | iex
#   & ([scriptblock]::Create((irm THE_SAME_URL))) -Version 0.1.0
#   .\install.ps1    in the folder of an unpacked release: uses what is there and downloads nothing
#
# For Windows PowerShell 5.1 and PowerShell 7 on Windows. Everything is in one block, so that nothing
# is run of a script that was cut off on its way, and nothing of it stays in a session that ran it by
# iex. ASCII only: 5.1 reads a file as the system's code page.
[CmdletBinding(PositionalBinding = $false)]
param(
    [string] $Version,
    [string] $Dir,
    [string] $Offline,
    [string] $Sha256,
    [switch] $NoProvenance,
    [switch] $Uninstall,
    [switch] $Help,
    [Parameter(ValueFromRemainingArguments = $true)]
    [string[]] $Others
)

& {
    param([hashtable] $Options, [string] $Script)

    Set-StrictMode -Off
    $ErrorActionPreference = 'Stop'
    # Exit codes of programs are read here, and are no errors by themselves.
    $PSNativeCommandUseErrorActionPreference = $false
    $repository = 'https://github.com/nuget-plugin-codeartifact/nuget-plugin-codeartifact'
    $name = 'nuget-plugin-codeartifact'
    $usage = @"
Install $name, the NuGet credential provider for AWS CodeArtifact, for
this user. No administrator rights are needed.

Usage: install.ps1 [OPTIONS]

Options:
  -Version VERSION  Install this version, such as 0.1.0, instead of the latest
  -Dir DIR          Install in this plugins folder instead of ~\.nuget\plugins
  -Offline ARCHIVE  Install from this archive of a release, which has SHA256SUMS
                    beside it; nothing is downloaded
  -Sha256 DIGEST    Accept an archive with this digest, instead of what
                    SHA256SUMS says
  -NoProvenance     Do not check with ``gh`` which workflow has built the archive
  -Uninstall        Remove the plugin; nothing is downloaded
  -Help             Print help

The same with two dashes (--version VERSION) is understood too. All other options
go to ``install`` of the plugin (--netcore-only, --netfx-only, --no-launcher,
--json), or to its ``uninstall`` (--purge, --json).

In the folder of an unpacked release, nothing is downloaded unless there is
-Version.

Variables:
  CODEARTIFACT_NUGET_RELEASES          A mirror, instead of
      $repository/releases
  CODEARTIFACT_NUGET_DOWNLOAD_SECONDS  How long a download may take (600)
  HTTPS_PROXY, NO_PROXY                Instead of the proxy of Windows

Certificate authorities are those of Windows.

Exit codes: 0 installed; 1 failed; 2 wrong usage; 3 this system is not supported, or
a program is missing; 4 download failed; 5 a file is not the one of the release.
"@

    # Ends everything with one line and an exit code.
    function Stop-Here([int] $Code, [string] $Text) {
        $failure = New-Object System.InvalidOperationException $Text
        $failure.Data['code'] = $Code
        throw $failure
    }

    # A failed attempt to download, which may be worth another one.
    function Stop-Attempt([bool] $Again, [string] $Cause) {
        $failure = New-Object System.InvalidOperationException $Cause
        $failure.Data['again'] = $Again
        throw $failure
    }

    function Write-Note([string] $Text) {
        [Console]::Error.WriteLine($Text)
    }

    # On one line, without what could control a terminal.
    function Get-Printable([string] $Text) {
        $line = ($Text -replace '[^\x20-\x7e]+', ' ').Trim()
        if ($line.Length -gt 300) { $line = $line.Substring(0, 300) }
        return $line
    }

    # Options with two dashes are among the others. What is left is for the plugin.
    function Read-Options([hashtable] $Given) {
        $read = $Given.Clone()
        $valued = @{ '--version' = 'Version'; '--dir' = 'Dir'; '--offline' = 'Offline'; '--sha256' = 'Sha256' }
        $flags = @{ '--no-provenance' = 'NoProvenance'; '--uninstall' = 'Uninstall'; '--help' = 'Help'; '-h' = 'Help' }
        $rest = New-Object System.Collections.ArrayList
        $words = @($Given.Others | Where-Object { $null -ne $_ })
        for ($i = 0; $i -lt $words.Count; $i++) {
            $word, $value = $words[$i] -split '=', 2
            if ($valued.ContainsKey($word)) {
                if ($null -eq $value) {
                    $i++
                    if ($i -lt $words.Count) { $value = $words[$i] }
                }
                if (-not $value) { Stop-Here 2 "$word needs a value. See -Help" }
                $read[$valued[$word]] = $value
            }
            elseif ($flags.ContainsKey($words[$i])) { $read[$flags[$words[$i]]] = $true }
            elseif ($words[$i] -notlike '-*') { Stop-Here 2 "Unexpected argument: $($words[$i]). See -Help" }
            else { [void] $rest.Add($words[$i]) }
        }
        if ($read.Dir) {
            if ($read.Dir -match '^~[\\/]') { $read.Dir = Join-Path $HOME $read.Dir.Substring(2) }
            # A backslash before the closing quote would quote that.
            if ($read.Dir.Length -gt 3) { $read.Dir = $read.Dir.TrimEnd('\') }
            [void] $rest.Add('--dir')
            [void] $rest.Add($read.Dir)
        }
        $read.Rest = $rest.ToArray()
        $read.Version = $read.Version -replace '^v', ''
        if ($read.Version -and $read.Version -notmatch '^(latest|[0-9]+\.[0-9]+\.[0-9]+)$') {
            Stop-Here 2 'Invalid -Version. Give a version such as 0.1.0, or latest'
        }
        $read.Sha256 = $read.Sha256.ToLowerInvariant()
        if ($read.Sha256 -and $read.Sha256 -notmatch '^[0-9a-f]{64}$') {
            Stop-Here 2 "Invalid -Sha256. Give the 64 hexadecimal digits of the archive's SHA-256"
        }
        if ($read.Version -and $read.Offline) { Stop-Here 2 '-Version and -Offline exclude each other: the archive has its version' }
        if ($read.Uninstall -and ($read.Version -or $read.Offline -or $read.Sha256)) {
            Stop-Here 2 '-Uninstall takes no version and no archive. See -Help'
        }
        return $read
    }

    # The processor of Windows itself. What this process sees may be one that Windows emulates.
    function Find-System {
        if ($PSVersionTable.PSVersion.Major -ge 6 -and -not $IsWindows) {
            Stop-Here 3 "This is not Windows. Install with: curl -fsSL $repository/releases/latest/download/install.sh | sh"
        }
        $machine = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
        $processors = @(
            (Get-ItemProperty -LiteralPath $machine -ErrorAction SilentlyContinue).PROCESSOR_ARCHITECTURE
            $env:PROCESSOR_ARCHITEW6432
            $env:PROCESSOR_ARCHITECTURE
        )
        if ($processors -contains 'ARM64') { return 'win-arm64' }
        if ($processors -contains 'AMD64') { return 'win-x64' }
        Stop-Here 3 "There is no release for Windows on $env:PROCESSOR_ARCHITECTURE. Releases are for x64 and arm64; for another system, build $repository"
    }

    # A folder that only this user can read and write, wherever TEMP is.
    function New-PrivateFolder {
        $folder = Join-Path ([IO.Path]::GetTempPath()) "$name.$([IO.Path]::GetRandomFileName())"
        [void] (New-Item -ItemType Directory -Path $folder)
        $state.Folder = $folder
        $user = [Security.Principal.WindowsIdentity]::GetCurrent().User.Value
        & icacls.exe $folder /inheritance:r /grant:r "*${user}:(OI)(CI)F" /q | Out-Null
        if ($LASTEXITCODE -ne 0 -or @(Get-ChildItem -LiteralPath $folder -Force).Count -ne 0) {
            Stop-Here 1 "The temporary folder $folder could not be made private. Set TEMP to a folder of your own"
        }
        return $folder
    }

    function Test-IsLocal([Uri] $Url) {
        return (@('localhost', '127.0.0.1', '[::1]') -contains $Url.Host) -and (-not $Url.UserInfo)
    }

    # By https, or on this machine from a mirror that is there too.
    function Test-IsAllowed([Uri] $Url, [bool] $Local) {
        if (-not $Url.IsAbsoluteUri) { return $false }
        return ($Url.Scheme -eq 'https' -and $Url.Host) -or ($Local -and $Url.Scheme -eq 'http' -and (Test-IsLocal $Url))
    }

    function Find-Releases {
        $address = $env:CODEARTIFACT_NUGET_RELEASES
        if (-not $address) { $address = "$repository/releases" }
        $address = $address.TrimEnd('/')
        $url = $address -as [Uri]
        if (-not $url -or -not $url.IsAbsoluteUri -or $url.UserInfo -or $url.Query -or $url.Fragment -or $address -match '[^\x21-\x7e]') {
            Stop-Here 2 "CODEARTIFACT_NUGET_RELEASES is not the address of a mirror. Give an https URL without a name or password; a folder's archive is installed with -Offline"
        }
        $state.Local = ($url.Scheme -eq 'http') -and (Test-IsLocal $url)
        if (-not (Test-IsAllowed $url $state.Local)) {
            Stop-Here 2 "CODEARTIFACT_NUGET_RELEASES is not an https URL. Downloads use https only; a folder's archive is installed with -Offline"
        }
        $seconds = $env:CODEARTIFACT_NUGET_DOWNLOAD_SECONDS
        if (-not $seconds) { $seconds = '600' }
        if ($seconds -notmatch '^[1-9][0-9]{0,4}$') {
            Stop-Here 2 'Invalid CODEARTIFACT_NUGET_DOWNLOAD_SECONDS: expected a number of seconds, such as 600'
        }
        $state.Seconds = [int] $seconds
        return $address
    }

    # PowerShell 7 knows these variables by itself.
    function Set-Proxy($Handler, [Uri] $Url) {
        $credentials = [Net.CredentialCache]::DefaultCredentials
        if ($PSVersionTable.PSVersion.Major -ge 6) {
            $Handler.DefaultProxyCredentials = $credentials
            return
        }
        $address = $env:HTTPS_PROXY
        if ($Url.Scheme -eq 'http') { $address = $env:HTTP_PROXY }
        if (-not $address) {
            $Handler.Proxy = [Net.WebRequest]::DefaultWebProxy
            if ($Handler.Proxy) { $Handler.Proxy.Credentials = $credentials }
            return
        }
        foreach ($entry in @("$env:NO_PROXY" -split '[,\s]+' | Where-Object { $_ })) {
            $suffix = $entry.TrimStart('*').TrimStart('.')
            if ($entry -eq '*' -or $Url.Host -eq $suffix -or $Url.Host.EndsWith(".$suffix", [StringComparison]::OrdinalIgnoreCase)) {
                $Handler.UseProxy = $false
                return
            }
        }
        if ($address -notmatch '^[a-zA-Z]+://') { $address = "http://$address" }
        $proxy = [Uri] $address
        $Handler.Proxy = New-Object System.Net.WebProxy "$($proxy.Scheme)://$($proxy.Authority)"
        $Handler.Proxy.Credentials = $credentials
        if ($proxy.UserInfo) {
            $user, $password = $proxy.UserInfo -split ':', 2
            $Handler.Proxy.Credentials = New-Object System.Net.NetworkCredential ([Uri]::UnescapeDataString($user)), ([Uri]::UnescapeDataString("$password"))
        }
    }

    # Waits so that Ctrl+C is noticed.
    function Wait-Until($Task, [DateTime] $Deadline) {
        while (-not $Task.IsCompleted) {
            if ([DateTime]::UtcNow -gt $Deadline) {
                Stop-Attempt $false "it took longer than $($state.Seconds) seconds; CODEARTIFACT_NUGET_DOWNLOAD_SECONDS sets another limit"
            }
            try { [void] $Task.Wait(100) } catch { break }
        }
        if ($Task.Status -ne 'RanToCompletion') {
            $cause = $Task.Exception
            while ($cause -and $cause.InnerException) {
                if ($cause -is [Security.Authentication.AuthenticationException]) { break }
                $cause = $cause.InnerException
            }
            if ($cause -is [Security.Authentication.AuthenticationException]) {
                Stop-Attempt $true "there was no secure connection: $(Get-Printable $cause.Message)"
            }
            $text = 'the connection was cut'
            if ($cause) { $text = Get-Printable $cause.Message }
            Stop-Attempt $true $text
        }
        return $Task.Result
    }

    # One request, without following a redirect. Returns the address that it leads to, or nothing.
    function Save-Response([Uri] $Url, [string] $File, [long] $Size, [DateTime] $Deadline, [int] $Attempt) {
        $handler = New-Object System.Net.Http.HttpClientHandler
        $client = $null
        $response = $null
        $target = $null
        try {
            $handler.AllowAutoRedirect = $false
            if ($PSVersionTable.PSVersion.Major -ge 6) {
                # A system without 1.3 may refuse both at once.
                $tls = 'Tls12'
                if ($Attempt -eq 2) { $tls = 'Tls13' }
                $handler.SslProtocols = [Security.Authentication.SslProtocols] $tls
            }
            Set-Proxy $handler $Url
            $client = New-Object System.Net.Http.HttpClient $handler
            $client.Timeout = [Threading.Timeout]::InfiniteTimeSpan
            # Some proxies refuse a request without a name.
            [void] $client.DefaultRequestHeaders.TryAddWithoutValidation('User-Agent', $name)
            $asked = $client.GetAsync($Url, [Net.Http.HttpCompletionOption]::ResponseHeadersRead)
            $response = Wait-Until $asked $Deadline
            $status = [int] $response.StatusCode
            if (@(301, 302, 303, 307, 308) -contains $status) {
                $location = $response.Headers.Location
                if (-not $location) { Stop-Attempt $false "it redirects to nowhere (HTTP $status)" }
                return New-Object System.Uri $Url, $location
            }
            if (@(404, 410) -contains $status) { Stop-Attempt $false "there is no such file (HTTP $status)" }
            if ($status -eq 407) { Stop-Attempt $false 'the proxy requires a user name and a password (HTTP 407)' }
            if ($status -ge 500 -or $status -eq 408 -or $status -eq 429) { Stop-Attempt $true "the server failed (HTTP $status)" }
            if ($status -ne 200) { Stop-Attempt $false "the server refused it (HTTP $status)" }
            $announced = $response.Content.Headers.ContentLength
            if ($announced -gt $Size) { Stop-Attempt $false 'it is larger than such a file can be' }
            $source = Wait-Until ($response.Content.ReadAsStreamAsync()) $Deadline
            $target = [IO.File]::Create($File)
            $buffer = New-Object byte[] 81920
            $total = [long] 0
            while ($true) {
                $read = Wait-Until ($source.ReadAsync($buffer, 0, $buffer.Length)) $Deadline
                if ($read -eq 0) { break }
                $total += $read
                if ($total -gt $Size) { Stop-Attempt $false 'it is larger than such a file can be' }
                $target.Write($buffer, 0, $read)
            }
            if ($null -ne $announced -and $total -ne $announced) { Stop-Attempt $true 'the connection was cut' }
        }
        finally {
            if ($target) { $target.Dispose() }
            if ($response) { $response.Dispose() }
            if ($client) { $client.Dispose() }
            $handler.Dispose()
        }
    }

    # Where the release's own address is among the redirects, that is noted: the latest release may be
    # another one a moment later.
    function Save-File([string] $Address, [string] $File, [long] $Size) {
        $leaf = $Address.Substring($Address.LastIndexOf('/') + 1)
        $deadline = [DateTime]::UtcNow.AddSeconds($state.Seconds)
        for ($attempt = 1; $attempt -le 3; $attempt++) {
            try {
                $url = [Uri] $Address
                for ($hops = 0; ; $hops++) {
                    if (-not (Test-IsAllowed $url $state.Local)) { Stop-Attempt $false 'it redirects to an address that is not https' }
                    if ($hops -gt 10) { Stop-Attempt $false 'it redirects more than ten times' }
                    if ($url.AbsolutePath -match "/download/v[^/]+/$([regex]::Escape($leaf))$") {
                        $state.Pinned = $url.AbsoluteUri.Substring(0, $url.AbsoluteUri.LastIndexOf('/'))
                    }
                    $next = Save-Response $url $File $Size $deadline $attempt
                    if (-not $next) { return }
                    $url = $next
                }
            }
            catch {
                $failure = $_.Exception
                if (-not $failure.Data.Contains('again')) { throw }
                if (-not $failure.Data['again'] -or $attempt -eq 3) {
                    Stop-Here 4 "Download of $Address failed: $($failure.Message). Nothing was installed. Check the version, the network and HTTPS_PROXY; or download $($state.Archive) in another way and use -Offline"
                }
                Start-Sleep -Seconds $attempt
            }
        }
    }

    function Get-Digest([string] $File) {
        $digest = ''
        if (Get-Command Get-FileHash -ErrorAction SilentlyContinue) {
            $digest = (Get-FileHash -LiteralPath $File -Algorithm SHA256).Hash
        }
        elseif (Get-Command certutil.exe -ErrorAction SilentlyContinue) {
            $digest = @(& certutil.exe -hashfile $File SHA256)[1] -replace '\s', ''
        }
        $digest = "$digest".ToLowerInvariant()
        if ($digest -notmatch '^[0-9a-f]{64}$') {
            Stop-Here 3 "No SHA-256 of $File could be computed, by Get-FileHash or certutil. Nothing was installed"
        }
        return $digest
    }

    # The digest that a list of checksums has for a file. Each line must be one of `sha256sum`: a list
    # that is anything else was not made by a release.
    function Get-Expected([string] $File, [string] $Entry, [string] $From) {
        $expected = ''
        $number = 0
        $text = [IO.File]::ReadAllText($File) -replace '\n\z', ''
        $lines = @()
        if ($text) { $lines = $text -split '\n' }
        foreach ($line in $lines) {
            $number++
            if (-not ($line -cmatch '^([0-9a-f]{64}) [ *]([^ ].*)$')) {
                Stop-Here 5 "$From is not a list of checksums (line $number). Nothing was installed. Check what is between this machine and the release"
            }
            if ($Matches[2] -cne $Entry) { continue }
            if ($expected) { Stop-Here 5 "$From names $Entry twice. Nothing was installed" }
            $expected = $Matches[1]
        }
        if (-not $expected) {
            Stop-Here 5 "$From does not name $Entry. Nothing was installed. This version may not have it: choose another one with -Version"
        }
        return $expected
    }

    function Assert-Digest([string] $File, [string] $Expected, [string] $From) {
        $digest = Get-Digest $File
        if ($digest -cne $Expected) {
            Stop-Here 5 "$From is not the file of the release: its SHA-256 is $digest, expected $Expected. Nothing was installed. Download it again; if that fails too, report it: $repository/security"
        }
        return "SHA-256 $digest"
    }

    # Who built the archive, if this user has GitHub's command and is signed in with it.
    function Get-Provenance([string] $File) {
        # What a program writes to its standard error is no error in here.
        $ErrorActionPreference = 'Continue'
        if ($state.Options.NoProvenance -or -not (Get-Command gh -CommandType Application -ErrorAction SilentlyContinue)) { return '' }
        & gh attestation verify --help *> $null
        if ($LASTEXITCODE -ne 0) { return '' }
        & gh auth token --hostname github.com *> $null
        if ($LASTEXITCODE -ne 0) {
            Write-Note 'note: gh is not signed in, so the provenance is not checked; the digest is'
            return ''
        }
        $said = & gh attestation verify $File --hostname github.com --repo ([Uri] $repository).AbsolutePath.Trim('/') 2>&1 | Out-String
        if ($LASTEXITCODE -ne 0) {
            Stop-Here 5 "gh could not verify that $($state.Archive) was built by ${repository}: $(Get-Printable $said). Nothing was installed. If gh does not reach GitHub here, use -NoProvenance"
        }
        return ", built by the workflow of $repository"
    }

    # The program alone is taken out of the archive, as bytes, so that no name in there leads anywhere.
    function Expand-Program([string] $File, [string] $From) {
        $program = Join-Path $state.Folder "$name.exe"
        $archive = $null
        try {
            try { $archive = [IO.Compression.ZipFile]::OpenRead($File) }
            catch { Stop-Here 5 "$From could not be unpacked: $(Get-Printable $_.Exception.Message). Nothing was installed" }
            $wanted = @()
            foreach ($entry in $archive.Entries) {
                # Some programs that pack write the other slash.
                $path = $entry.FullName -replace '\\', '/'
                if (-not $path.StartsWith("$($state.Stem)/", [StringComparison]::Ordinal) -or "/$path/".Contains('/../')) {
                    Stop-Here 5 "$From is not an archive for this system ($($state.System)): it has files outside $($state.Stem). Nothing was installed"
                }
                if ($path -ceq "$($state.Stem)/$name.exe") { $wanted += $entry }
            }
            if ($wanted.Count -ne 1 -or $wanted[0].Length -eq 0 -or $wanted[0].Length -gt 536870912) {
                Stop-Here 5 "$From has no program $($state.Stem)/$name.exe. Nothing was installed"
            }
            [IO.Compression.ZipFileExtensions]::ExtractToFile($wanted[0], $program, $false)
        }
        finally {
            if ($archive) { $archive.Dispose() }
        }
        return $program
    }

    # Starts the program for the first time. Returns its version.
    function Get-Started([string] $Program) {
        # What came from the internet is marked so, and the mark would be copied along.
        Unblock-File -LiteralPath $Program -ErrorAction SilentlyContinue
        $said = ''
        try { $said = @(& $Program --version)[0] } catch { $said = '' }
        if ("$said" -match "^$name (\S+)") { return $Matches[1] }
        Stop-Here 1 "$Program does not start. Nothing was installed. Take the release for this system ($env:PROCESSOR_ARCHITECTURE)"
    }

    # The plugin's own output goes where this script's goes, and its exit code is this script's.
    function Invoke-Plugin([string] $Program, [string[]] $Words) {
        & $Program @Words
        $state.Code = $LASTEXITCODE
    }

    # What -Uninstall runs: a copy of the installed program, since a file that runs cannot be removed.
    function Find-Installed {
        $plugin = 'CredentialProvider.CodeArtifact'
        $places = @()
        if ($state.Options.Dir) { $places += $state.Options.Dir }
        else {
            if ($env:DOTNET_CLI_HOME) { $places += Join-Path $env:DOTNET_CLI_HOME '.nuget\plugins' }
            if ($env:USERPROFILE) { $places += Join-Path $env:USERPROFILE '.nuget\plugins' }
        }
        foreach ($place in $places) {
            foreach ($file in "netcore\$plugin\$plugin.exe", "netcore\$plugin\$name.exe", "netfx\$plugin\$plugin.exe") {
                $file = Join-Path $place $file
                if (Test-Path -LiteralPath $file -PathType Leaf) { return $file }
            }
        }
        $command = @(Get-Command dotnet-codeartifact.exe -CommandType Application -ErrorAction SilentlyContinue)
        if ($command.Count -gt 0) { return $command[0].Path }
        return ''
    }

    function Save-Release {
        Add-Type -AssemblyName System.Net.Http
        $releases = Find-Releases
        $folder = New-PrivateFolder
        $version = $state.Options.Version
        $state.Pinned = "$releases/latest/download"
        if ($version -and $version -ne 'latest') { $state.Pinned = "$releases/download/v$version" }
        $expected = $state.Options.Sha256
        if (-not $expected) {
            $sums = Join-Path $folder 'SHA256SUMS'
            $from = "$($state.Pinned)/SHA256SUMS"
            Save-File $from $sums 65536
            $expected = Get-Expected $sums $state.Archive $from
        }
        $state.From = "$($state.Pinned)/$($state.Archive)"
        Write-Note "downloading: $($state.From)"
        $file = Join-Path $folder $state.Archive
        Save-File $state.From $file 67108864
        $state.Verified = Assert-Digest $file $expected $state.From
        $state.Verified += Get-Provenance $file
        return $file
    }

    # A copy of the archive: what is checked is what is unpacked.
    function Copy-Archive {
        $offline = $state.Options.Offline
        if (-not (Test-Path -LiteralPath $offline -PathType Leaf)) {
            Stop-Here 2 "There is no file $offline. Give the path of a downloaded $($state.Archive)"
        }
        $offline = (Resolve-Path -LiteralPath $offline).ProviderPath
        $state.From = $offline
        $file = Join-Path (New-PrivateFolder) $state.Archive
        Copy-Item -LiteralPath $offline -Destination $file
        $expected = $state.Options.Sha256
        if (-not $expected) {
            $sums = Join-Path (Split-Path -Parent $offline) 'SHA256SUMS'
            if (-not (Test-Path -LiteralPath $sums -PathType Leaf)) {
                Stop-Here 5 "There is no $sums. Nothing was installed. Download SHA256SUMS of the release to the same folder, or give the digest with -Sha256"
            }
            $expected = Get-Expected $sums (Split-Path -Leaf $offline) $sums
        }
        $state.Verified = Assert-Digest $file $expected $offline
        return $file
    }

    function Install-Release {
        $state.System = Find-System
        $state.Stem = "$name-$($state.System)"
        $state.Archive = "$($state.Stem).zip"
        Add-Type -AssemblyName System.IO.Compression
        Add-Type -AssemblyName System.IO.Compression.FileSystem
        if ($state.Options.Offline) { $file = Copy-Archive } else { $file = Save-Release }
        $program = Expand-Program $file $state.From
        $started = Get-Started $program
        $wanted = $state.Options.Version
        if ($wanted -and $wanted -ne 'latest' -and $wanted -ne $started) {
            Stop-Here 5 "$($state.From) has version $started. Nothing was installed"
        }
        Write-Note "verified: version $started, $($state.Verified)"
        Invoke-Plugin $program (@('install') + $state.Options.Rest)
    }

    function Invoke-Everything {
        $state.Options = Read-Options $Options
        $given = $state.Options
        if ($given.Help) { return $usage }
        # The program of the unpacked release that this script is in.
        $beside = ''
        if ($state.IsFile) {
            $beside = Join-Path (Split-Path -Parent $Script) "$name.exe"
            if (-not (Test-Path -LiteralPath $beside -PathType Leaf)) { $beside = '' }
        }
        if ($given.Uninstall) {
            if (-not $beside) { $beside = Find-Installed }
            if (-not $beside) { return 'nothing is installed here' }
            $copy = Join-Path (New-PrivateFolder) "$name.exe"
            Copy-Item -LiteralPath $beside -Destination $copy
            Invoke-Plugin $copy (@('uninstall') + $given.Rest)
        }
        elseif ($beside -and -not $given.Version -and -not $given.Offline) {
            if ($given.Sha256) { Stop-Here 2 '-Sha256 is for an archive: give -Version or -Offline too' }
            [void] (Get-Started $beside)
            Invoke-Plugin $beside (@('install') + $given.Rest)
        }
        else { Install-Release }
    }

    if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
        throw "error: A policy of this machine restricts PowerShell to $($ExecutionContext.SessionState.LanguageMode). Nothing was installed. Unpack a release and run: .\$name.exe install"
    }
    # Its file, where it was started as that. By iex this is the script that called iex, of any name.
    $isFile = $Script -and [IO.File]::ReadAllText($Script).Contains("`$name = '$name'")
    $state = @{ Code = 0; Folder = ''; Pinned = ''; IsFile = $isFile }
    $tls = [Net.ServicePointManager]::SecurityProtocol
    $problem = ''
    try {
        # For 5.1, whose default may be older.
        [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
        Invoke-Everything
    }
    catch {
        $state.Code = 1
        if ($_.Exception.Data.Contains('code')) { $state.Code = $_.Exception.Data['code'] }
        $problem = "error: $($_.Exception.Message)"
    }
    finally {
        [Net.ServicePointManager]::SecurityProtocol = $tls
        if ($state.Folder) { Remove-Item -LiteralPath $state.Folder -Recurse -Force -ErrorAction SilentlyContinue }
    }
    if ($isFile) {
        if ($problem) { [Console]::Error.WriteLine($problem) }
        exit $state.Code
    }
    # `exit` would end the session of somebody who ran this by iex.
    $global:LASTEXITCODE = $state.Code
    if ($problem) { throw $problem }
    if ($state.Code -ne 0) { throw "error: the plugin ended with exit code $($state.Code)" }
} @{ Version = $Version; Dir = $Dir; Offline = $Offline; Sha256 = $Sha256; NoProvenance = $NoProvenance.IsPresent; Uninstall = $Uninstall.IsPresent; Help = $Help.IsPresent; Others = $Others } $PSCommandPath
