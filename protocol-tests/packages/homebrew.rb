# What a formula uses of Homebrew, with the folders of a keg as Homebrew has them. It loads the formula
# ARGV[0] for the system of the words in ARGV[2], in the one folder of an unpacked archive, which
# Homebrew enters; installs it into ARGV[1], and runs its test.
require "fileutils"
require "pathname"

module Installing
  def install(*files)
    files.flatten.each do |file|
      (file.is_a?(Hash) ? file : { file => File.basename(file) }).each do |from, to|
        mkpath
        FileUtils.mv from, self / to
      end
    end
  end

  def install_symlink(links)
    links.each { |target, name| FileUtils.ln_s target, self / name }
  end
end
Pathname.include Installing

class Formula
  attr_reader :version
  def self.on(word)
    yield if @@system.include?(word)
  end
  def self.method_missing(word, *values, &block)
    return on(word, &block) if word.start_with?("on_")
    (@said ||= {})[word] = values.first
  end
  # `Kernel` has a method of this name.
  def self.test(&block)
    @test = block
  end
  class << self
    attr_reader :said
    def system=(words)
      @@system = words
    end
  end
  def keg = Pathname.new(ARGV[1])
  def bin = keg/"bin"
  def man1 = keg/"share/man/man1"
  def doc = keg/"share/doc/nuget-plugin-codeartifact"
  def bash_completion = keg/"etc/bash_completion.d"
  def zsh_completion = keg/"share/zsh/site-functions"
  def fish_completion = keg/"share/fish/vendor_completions.d"
  def version = self.class.said[:version]
  def assert_match(text, found)
    raise "no #{text} in #{found}" unless found.include?(text)
  end
  def shell_output(line)
    output = `#{line}`
    raise line unless $?.success?
    output
  end
  def self.run_test = new.instance_eval(&@test)
end
Formula.system = ARGV[2].split.map(&:to_sym)
load ARGV[0]
NugetPluginCodeartifact.new.install
NugetPluginCodeartifact.run_test
puts NugetPluginCodeartifact.said[:url], NugetPluginCodeartifact.new.caveats
